package io.mistersmith.persistence.migration.internal.sql;

import io.mistersmith.persistence.migration.internal.sql.Maintenance.Verb;
import java.util.List;
import java.util.Locale;

/** Reads the commands that work on tables as a whole. */
final class MaintenanceReader {
  private MaintenanceReader() {}

  static Maintenance vacuum(SqlStatement statement, TokenCursor cursor) {
    boolean full = cursor.parenthesised().has("full") || cursor.accept("full");
    while (cursor.acceptAny("freeze", "verbose", "analyze")) {
      full |= cursor.accept("full");
    }
    return full
        ? of(statement, Verb.VACUUM_FULL, cursor, LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE)
        : of(statement, Verb.VACUUM, cursor, LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.SCAN);
  }

  static Maintenance analyze(SqlStatement statement, TokenCursor cursor) {
    cursor.parenthesised();
    cursor.accept("verbose");
    return of(statement, Verb.ANALYZE, cursor, LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.SCAN);
  }

  static Maintenance cluster(SqlStatement statement, TokenCursor cursor) {
    cursor.parenthesised();
    cursor.accept("verbose");
    return of(statement, Verb.CLUSTER, cursor, LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE);
  }

  static Maintenance reindex(SqlStatement statement, TokenCursor cursor) {
    boolean concurrently = cursor.parenthesised().has("concurrently");
    boolean many = cursor.at("schema") || cursor.at("database") || cursor.at("system");
    // A table's indexes are locked in the same way, but the script does not name them.
    LockMode stopping = cursor.at("index") ? LockMode.ACCESS_EXCLUSIVE : LockMode.SHARE;
    cursor.skip();
    concurrently |= cursor.accept("concurrently");
    List<ObjectName> relations = many ? List.of() : Names.list(cursor.rest());
    return new Maintenance(
        statement,
        concurrently ? Verb.REINDEX_CONCURRENTLY : Verb.REINDEX,
        relations,
        concurrently ? LockMode.SHARE_UPDATE_EXCLUSIVE : stopping,
        TableWork.SCAN,
        !concurrently && !many);
  }

  static Maintenance refresh(SqlStatement statement, TokenCursor cursor) {
    cursor.accept("materialized", "view");
    return cursor.accept("concurrently")
        ? of(statement, Verb.REFRESH_CONCURRENTLY, cursor, LockMode.EXCLUSIVE, TableWork.SCAN)
        : of(statement, Verb.REFRESH, cursor, LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE);
  }

  static Maintenance truncate(SqlStatement statement, TokenCursor cursor) {
    cursor.accept("table");
    return of(statement, Verb.TRUNCATE, cursor, LockMode.ACCESS_EXCLUSIVE, TableWork.NONE);
  }

  static Maintenance lock(SqlStatement statement, TokenCursor cursor) {
    cursor.accept("table");
    TokenSequence names = cursor.until(c -> c.at("in") || c.at("nowait"));
    LockMode mode = LockMode.ACCESS_EXCLUSIVE;
    if (cursor.accept("in")) {
      String said = cursor.until(c -> c.at("mode")).text().replace(' ', '_');
      for (LockMode known : LockMode.values()) {
        mode = known.name().equals(said.toUpperCase(Locale.ROOT)) ? known : mode;
      }
    }
    return new Maintenance(statement, Verb.LOCK, Names.list(names), mode, TableWork.NONE, true);
  }

  private static Maintenance of(
      SqlStatement statement, Verb verb, TokenCursor cursor, LockMode mode, TableWork work) {
    List<ObjectName> relations = Names.list(cursor.rest());
    boolean vacuum = verb == Verb.VACUUM || verb == Verb.VACUUM_FULL;
    boolean everything = verb == Verb.CLUSTER && relations.isEmpty();
    return new Maintenance(statement, verb, relations, mode, work, !vacuum && !everything);
  }
}
