package io.mistersmith.persistence.migration.internal.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A query for facts of one kind.
 *
 * @param kind the kind of all its facts
 * @param sql selects schema, object, part, definition and comment, each of them text
 */
record CatalogQuery(String kind, String sql) {

  List<CatalogFact> read(Connection connection) throws SQLException {
    List<CatalogFact> facts = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          facts.add(
              new CatalogFact(
                  kind,
                  text(rows, 1),
                  text(rows, 2),
                  text(rows, 3),
                  withComment(text(rows, 4), text(rows, 5))));
        }
      }
    }
    return facts;
  }

  private static String withComment(String definition, String comment) {
    return comment.isEmpty() ? definition : definition.stripTrailing() + "\ncomment: " + comment;
  }

  private static String text(ResultSet rows, int column) throws SQLException {
    String text = rows.getString(column);
    return text == null ? "" : text;
  }

  /**
   * A condition that leaves out the system's schemas and what an extension brought: the extension
   * is listed with its version, which says it all.
   *
   * @param catalog the system table that the object is in
   * @param oid the expression for its object id
   * @param schema the expression for its schema's name
   */
  static String isOwn(String catalog, String oid, String schema) {
    return """
        %3$s !~ '^pg_' AND %3$s <> 'information_schema'
           AND NOT EXISTS (
                 SELECT FROM pg_depend AS member
                  WHERE member.classid = '%1$s'::regclass
                    AND member.objid = %2$s
                    AND member.deptype = 'e')
        """
        .formatted(catalog, oid, schema)
        .strip();
  }
}
