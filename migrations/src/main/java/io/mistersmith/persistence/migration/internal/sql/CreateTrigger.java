package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CREATE TRIGGER.
 *
 * @param statement the statement
 * @param name its name
 * @param table the table
 * @param from the other table of a constraint trigger
 * @param function the function that it calls
 */
public record CreateTrigger(
    SqlStatement statement,
    String name,
    ObjectName table,
    @Nullable ObjectName from,
    ObjectName function)
    implements StatementFacts {

  static CreateTrigger read(SqlStatement statement, TokenCursor cursor) {
    String name = cursor.word();
    cursor.until(c -> c.at("on"));
    cursor.accept("on");
    ObjectName table = Names.orUnknown(cursor.name());
    ObjectName from = cursor.accept("from") ? cursor.name() : null;
    cursor.until(c -> c.at("execute"));
    cursor.accept("execute");
    cursor.acceptAny("function", "procedure");
    return new CreateTrigger(statement, name, table, from, Names.orUnknown(cursor.name()));
  }

  /** The other table of a constraint trigger is only read. */
  @Override
  public List<TableLock> locks() {
    return List.of(TableLock.brief(table, LockMode.SHARE_ROW_EXCLUSIVE, line()));
  }

  @Override
  public String summary() {
    return "CREATE TRIGGER " + name + " on " + table;
  }
}
