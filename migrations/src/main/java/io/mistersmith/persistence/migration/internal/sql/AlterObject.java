package io.mistersmith.persistence.migration.internal.sql;

import java.util.Locale;

/**
 * ALTER of anything but a relation: a type, domain, function, schema...
 *
 * @param statement the statement
 * @param kind what is altered, such as TYPE
 * @param name its name
 * @param change what follows the name
 */
public record AlterObject(
    SqlStatement statement, String kind, ObjectName name, TokenSequence change)
    implements StatementFacts {

  static AlterObject read(SqlStatement statement, TokenCursor cursor) {
    String kind = cursor.word().toUpperCase(Locale.ROOT);
    ObjectName name = Names.orUnknown(cursor.name());
    cursor.parenthesised();
    return new AlterObject(statement, kind, name, cursor.rest());
  }

  /** Whether it alters what goes by that name, such as TYPE. */
  public boolean ofKind(String other) {
    return kind.equals(other);
  }

  @Override
  public boolean transactional() {
    return !ofKind("SYSTEM") && !(ofKind("DATABASE") && change.has("set", "tablespace"));
  }

  @Override
  public String summary() {
    return "ALTER " + kind + " " + name;
  }
}
