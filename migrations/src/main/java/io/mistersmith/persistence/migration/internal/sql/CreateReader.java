package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the forms of CREATE; the cursor is behind that word. */
final class CreateReader {
  private static final Set<String> IN_SCHEMA =
      Set.of("type", "sequence", "aggregate", "collation", "operator", "conversion");
  private static final Set<String> OUTSIDE_TRANSACTION =
      Set.of("database", "tablespace", "subscription");

  private CreateReader() {}

  static StatementFacts read(SqlStatement statement, TokenCursor cursor) {
    boolean replace = cursor.accept("or", "replace");
    cursor.acceptAny("global", "local", "unlogged", "foreign");
    boolean temporary = cursor.acceptAny("temp", "temporary");
    if (cursor.accept("table")) {
      return table(statement, temporary, cursor);
    }
    boolean unique = cursor.accept("unique");
    if (cursor.accept("index")) {
      return CreateIndex.read(statement, unique, cursor);
    }
    if (cursor.acceptAny("function", "procedure")) {
      return CreateRoutine.read(statement, replace, cursor);
    }
    cursor.accept("constraint");
    if (cursor.accept("trigger")) {
      return CreateTrigger.read(statement, cursor);
    }
    if (cursor.accept("materialized", "view")) {
      return CreateView.read(statement, "MATERIALIZED VIEW", false, cursor);
    }
    cursor.accept("recursive");
    if (cursor.accept("view")) {
      return CreateView.read(statement, "VIEW", replace, cursor);
    }
    if (cursor.accept("domain")) {
      return CreateDomain.read(statement, cursor);
    }
    return other(statement, cursor);
  }

  private static StatementFacts table(
      SqlStatement statement, boolean temporary, TokenCursor cursor) {
    TokenSequence rest = cursor.rest();
    boolean ofQuery = rest.hasOutside("as") && !rest.hasOutside("partition", "by");
    return ofQuery
        ? CreateView.read(statement, "TABLE", false, cursor)
        : CreateTable.read(statement, temporary, cursor);
  }

  private static StatementFacts other(SqlStatement statement, TokenCursor cursor) {
    if (cursor.at("policy")) {
      return StatementReader.on(statement, cursor, LockMode.ACCESS_EXCLUSIVE);
    }
    if (cursor.at("rule")) {
      cursor.until(c -> c.at("to"));
      cursor.accept("to");
      return locking(statement, cursor.name(), LockMode.ACCESS_EXCLUSIVE);
    }
    if (cursor.accept("statistics")) {
      cursor.until(c -> c.at("from"));
      cursor.accept("from");
      return locking(statement, cursor.name(), LockMode.SHARE_UPDATE_EXCLUSIVE);
    }
    String kind = cursor.word();
    cursor.accept("if", "not", "exists");
    ObjectName created = IN_SCHEMA.contains(kind) ? cursor.name() : null;
    return new OtherStatement(
        statement,
        StatementReader.firstWords(statement),
        created,
        List.of(),
        !OUTSIDE_TRANSACTION.contains(kind));
  }

  private static StatementFacts locking(
      SqlStatement statement, @Nullable ObjectName table, LockMode mode) {
    List<TableLock> locks =
        table == null ? List.of() : List.of(TableLock.brief(table, mode, statement.line()));
    return new OtherStatement(statement, StatementReader.firstWords(statement), null, locks, true);
  }
}
