package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import java.util.Locale;

/**
 * INSERT, UPDATE, DELETE, MERGE or COPY into a table.
 *
 * @param statement the statement
 * @param verb INSERT, UPDATE, DELETE, MERGE or COPY
 * @param table the table whose rows it changes
 * @param conditional whether it chooses rows by a condition
 */
public record DataChange(SqlStatement statement, String verb, ObjectName table, boolean conditional)
    implements StatementFacts {

  static DataChange read(SqlStatement statement, TokenSequence change) {
    TokenCursor cursor = new TokenCursor(change);
    String verb = cursor.word().toUpperCase(Locale.ROOT);
    cursor.acceptAny("into", "from");
    cursor.accept("only");
    ObjectName table = Names.orUnknown(cursor.name());
    return new DataChange(statement, verb, table, cursor.rest().hasOutside("where"));
  }

  /** Whether it updates or deletes every row of the table. */
  public boolean ofWholeTable() {
    return !conditional && (verb.equals("UPDATE") || verb.equals("DELETE"));
  }

  @Override
  public List<TableLock> locks() {
    TableWork work = ofWholeTable() ? TableWork.REWRITE : TableWork.NONE;
    return List.of(new TableLock(table, LockMode.ROW_EXCLUSIVE, work, line()));
  }

  @Override
  public String summary() {
    return verb + " " + table;
  }
}
