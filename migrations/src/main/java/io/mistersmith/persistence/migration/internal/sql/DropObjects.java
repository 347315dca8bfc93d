package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * DROP of whatever it may be.
 *
 * @param statement the statement
 * @param kind what is dropped, such as TABLE, INDEX, MATERIALIZED VIEW, TRIGGER
 * @param names what is dropped
 * @param on the table of a trigger, policy or rule
 * @param concurrently whether beside reads and writes
 * @param ifExists whether it may be missing
 * @param cascade whether all goes that depends on it
 */
public record DropObjects(
    SqlStatement statement,
    String kind,
    List<ObjectName> names,
    @Nullable ObjectName on,
    boolean concurrently,
    boolean ifExists,
    boolean cascade)
    implements StatementFacts {
  private static final Set<String> RELATIONS =
      Set.of("TABLE", "INDEX", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE");
  private static final Set<String> OUTSIDE_TRANSACTION =
      Set.of("DATABASE", "TABLESPACE", "SUBSCRIPTION");

  static DropObjects read(SqlStatement statement, String kind, TokenCursor cursor) {
    boolean concurrently = cursor.accept("concurrently");
    boolean ifExists = cursor.accept("if", "exists");
    boolean cascade = cursor.rest().hasOutside("cascade");
    TokenSequence names = cursor.until(c -> c.at("on") || c.at("cascade") || c.at("restrict"));
    ObjectName on = cursor.accept("on") ? cursor.name() : null;
    return new DropObjects(statement, kind, Names.list(names), on, concurrently, ifExists, cascade);
  }

  /** Copies the names. */
  public DropObjects {
    names = List.copyOf(names);
  }

  /** Whether it drops what goes by that name, such as TABLE. */
  public boolean ofKind(String other) {
    return kind.equals(other);
  }

  @Override
  public List<TableLock> locks() {
    if (on != null) {
      return List.of(TableLock.brief(on, LockMode.ACCESS_EXCLUSIVE, line()));
    }
    if (!RELATIONS.contains(kind)) {
      return List.of();
    }
    LockMode mode = concurrently ? LockMode.SHARE_UPDATE_EXCLUSIVE : LockMode.ACCESS_EXCLUSIVE;
    return names.stream().map(name -> TableLock.brief(name, mode, line())).toList();
  }

  @Override
  public boolean transactional() {
    return !concurrently && !OUTSIDE_TRANSACTION.contains(kind);
  }

  @Override
  public String summary() {
    return "DROP " + kind + (names.isEmpty() ? "" : " " + names.get(0));
  }
}
