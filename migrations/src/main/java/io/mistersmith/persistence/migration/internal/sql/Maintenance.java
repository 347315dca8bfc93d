package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;

/**
 * Statements that work on the rows or indexes of tables as a whole: VACUUM, ANALYZE, CLUSTER,
 * REINDEX, REFRESH, TRUNCATE, LOCK.
 *
 * @param statement the statement
 * @param verb the command
 * @param relations the relations that it names; none means all
 * @param mode the lock that it takes on them
 * @param work what it does to their rows
 * @param transactional whether it runs in a transaction
 */
public record Maintenance(
    SqlStatement statement,
    Verb verb,
    List<ObjectName> relations,
    LockMode mode,
    TableWork work,
    boolean transactional)
    implements StatementFacts {

  /** The commands. */
  public enum Verb {
    /** VACUUM. */
    VACUUM,
    /** VACUUM FULL. */
    VACUUM_FULL,
    /** ANALYZE. */
    ANALYZE,
    /** CLUSTER. */
    CLUSTER,
    /** REINDEX without CONCURRENTLY. */
    REINDEX,
    /** REINDEX CONCURRENTLY. */
    REINDEX_CONCURRENTLY,
    /** REFRESH MATERIALIZED VIEW. */
    REFRESH,
    /** REFRESH MATERIALIZED VIEW CONCURRENTLY. */
    REFRESH_CONCURRENTLY,
    /** TRUNCATE. */
    TRUNCATE,
    /** LOCK TABLE. */
    LOCK
  }

  /** Copies the relations. */
  public Maintenance {
    relations = List.copyOf(relations);
  }

  @Override
  public List<TableLock> locks() {
    return relations.stream().map(name -> new TableLock(name, mode, work, line())).toList();
  }

  @Override
  public String summary() {
    return verb.name().replace('_', ' ') + (relations.isEmpty() ? "" : " " + relations.get(0));
  }
}
