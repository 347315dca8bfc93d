package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads what a statement does. A statement of no known form is an {@link OtherStatement}: it is
 * PostgreSQL that refuses wrong SQL.
 */
public final class StatementReader {
  private static final Set<String> TRANSACTION =
      Set.of(
          "begin",
          "start",
          "commit",
          "end",
          "rollback",
          "abort",
          "savepoint",
          "release",
          "prepare");

  private StatementReader() {}

  /** The facts of each statement of a script, in order. */
  public static List<StatementFacts> read(String fileName, String script) {
    return StatementSplitter.split(fileName, script).stream().map(StatementReader::read).toList();
  }

  /** The facts of a statement. */
  public static StatementFacts read(SqlStatement statement) {
    TokenSequence all = new TokenSequence(statement.tokens());
    TokenCursor cursor = new TokenCursor(all);
    String first = all.tokens().get(0).text();
    boolean prepares = first.equals("prepare") && !all.startsWith("prepare", "transaction");
    if (TRANSACTION.contains(first) && !prepares) {
      return new TransactionControl(statement, first);
    }
    cursor.skip();
    return switch (first) {
      case "create" -> CreateReader.read(statement, cursor);
      case "alter" -> alter(statement, cursor);
      case "drop" -> drop(statement, cursor);
      case "insert", "update", "delete", "merge" -> DataChange.read(statement, all);
      case "with" -> with(statement, cursor);
      case "copy" -> copy(statement, all);
      case "do" -> CreateRoutine.readDo(statement);
      case "set", "reset" -> SetParameter.read(statement, cursor);
      case "vacuum" -> MaintenanceReader.vacuum(statement, cursor);
      case "analyze", "analyse" -> MaintenanceReader.analyze(statement, cursor);
      case "cluster" -> MaintenanceReader.cluster(statement, cursor);
      case "reindex" -> MaintenanceReader.reindex(statement, cursor);
      case "refresh" -> MaintenanceReader.refresh(statement, cursor);
      case "truncate" -> MaintenanceReader.truncate(statement, cursor);
      case "lock" -> MaintenanceReader.lock(statement, cursor);
      case "comment" -> comment(statement, cursor);
      default -> other(statement);
    };
  }

  private static StatementFacts alter(SqlStatement statement, TokenCursor cursor) {
    cursor.accept("foreign");
    if (cursor.accept("materialized", "view")) {
      return AlterTable.read(statement, "MATERIALIZED VIEW", cursor);
    }
    for (String relation : List.of("table", "index", "view", "sequence")) {
      if (cursor.accept(relation)) {
        return AlterTable.read(statement, relation.toUpperCase(Locale.ROOT), cursor);
      }
    }
    if (cursor.at("policy") || cursor.at("trigger") || cursor.at("rule")) {
      return on(statement, cursor, LockMode.ACCESS_EXCLUSIVE);
    }
    return AlterObject.read(statement, cursor);
  }

  private static StatementFacts drop(SqlStatement statement, TokenCursor cursor) {
    String kind = cursor.word().toUpperCase(Locale.ROOT);
    if (Set.of("MATERIALIZED", "FOREIGN", "EVENT", "USER", "ACCESS").contains(kind)) {
      kind += " " + cursor.word().toUpperCase(Locale.ROOT);
    }
    return DropObjects.read(statement, kind, cursor);
  }

  /** A query with names for its parts, and perhaps a change at its end. */
  private static StatementFacts with(SqlStatement statement, TokenCursor cursor) {
    cursor.until(
        c -> c.at("insert") || c.at("update") || c.at("delete") || c.at("merge") || c.at("select"));
    return cursor.at("select") || cursor.atEnd()
        ? other(statement)
        : DataChange.read(statement, cursor.rest());
  }

  private static StatementFacts copy(SqlStatement statement, TokenSequence all) {
    return all.hasOutside("from") ? DataChange.read(statement, all) : other(statement);
  }

  private static StatementFacts comment(SqlStatement statement, TokenCursor cursor) {
    boolean column = cursor.accept("on", "column");
    if (!column && !cursor.accept("on", "table")) {
      return other(statement);
    }
    List<String> parts =
        cursor.until(c -> c.at("is")).tokens().stream()
            .filter(Token::isName)
            .map(Token::name)
            .collect(Collectors.toList());
    if (column && !parts.isEmpty()) {
      parts.remove(parts.size() - 1);
    }
    if (parts.isEmpty()) {
      return other(statement);
    }
    String schema = parts.size() > 1 ? parts.get(parts.size() - 2) : null;
    ObjectName table = new ObjectName(schema, parts.get(parts.size() - 1));
    TableLock lock = TableLock.brief(table, LockMode.SHARE_UPDATE_EXCLUSIVE, statement.line());
    return new OtherStatement(statement, "COMMENT", null, List.of(lock), true);
  }

  /** A statement that locks the table after its ON. */
  static StatementFacts on(SqlStatement statement, TokenCursor cursor, LockMode mode) {
    cursor.until(c -> c.at("on"));
    cursor.accept("on");
    ObjectName table = cursor.name();
    List<TableLock> locks =
        table == null ? List.of() : List.of(TableLock.brief(table, mode, statement.line()));
    return new OtherStatement(statement, firstWords(statement), null, locks, true);
  }

  static OtherStatement other(SqlStatement statement) {
    return new OtherStatement(statement, firstWords(statement), null, List.of(), true);
  }

  static String firstWords(SqlStatement statement) {
    return statement.tokens().stream()
        .limit(2)
        .map(Token::text)
        .collect(Collectors.joining(" "))
        .toUpperCase(Locale.ROOT);
  }
}
