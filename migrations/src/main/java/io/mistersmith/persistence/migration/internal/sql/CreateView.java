package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;

/**
 * CREATE VIEW or MATERIALIZED VIEW, and CREATE TABLE AS.
 *
 * @param statement the statement
 * @param kind VIEW, MATERIALIZED VIEW or TABLE
 * @param name its name
 * @param replace whether it may exist
 */
public record CreateView(SqlStatement statement, String kind, ObjectName name, boolean replace)
    implements StatementFacts {

  static CreateView read(SqlStatement statement, String kind, boolean replace, TokenCursor cursor) {
    cursor.accept("if", "not", "exists");
    return new CreateView(statement, kind, Names.orUnknown(cursor.name()), replace);
  }

  @Override
  public List<TableLock> locks() {
    return replace ? List.of(TableLock.brief(name, LockMode.ACCESS_EXCLUSIVE, line())) : List.of();
  }

  @Override
  public List<ObjectName> creates() {
    return replace ? List.of() : List.of(name);
  }

  @Override
  public String summary() {
    return "CREATE " + kind + " " + name;
  }
}
