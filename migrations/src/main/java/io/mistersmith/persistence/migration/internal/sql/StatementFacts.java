package io.mistersmith.persistence.migration.internal.sql;

import java.util.List;

/**
 * The facts that the text of a statement shows: one class for each kind. All are immutable.
 *
 * <p>The locks are those that PostgreSQL 15 to 18 take on the relations that the statement names.
 * Left out are the locks of mere reading, which stand in the way of ACCESS EXCLUSIVE alone, and
 * those on relations that the catalog alone knows, such as the tables that refer to a dropped one.
 */
public sealed interface StatementFacts
    permits AlterObject,
        AlterTable,
        CreateDomain,
        CreateIndex,
        CreateRoutine,
        CreateTable,
        CreateTrigger,
        CreateView,
        DataChange,
        DropObjects,
        Maintenance,
        OtherStatement,
        SetParameter,
        TransactionControl {

  /** The statement. */
  SqlStatement statement();

  /** The locks that it takes; those on relations that the script itself made are among them. */
  default List<TableLock> locks() {
    return List.of();
  }

  /** The relations that exist after it and did not before. */
  default List<ObjectName> creates() {
    return List.of();
  }

  /** Whether PostgreSQL runs it within a transaction. */
  default boolean transactional() {
    return true;
  }

  /** A few words for a plan, such as CREATE INDEX on agents.state. */
  String summary();

  /** All its tokens. */
  default TokenSequence tokens() {
    return new TokenSequence(statement().tokens());
  }

  /** The line in which it begins. */
  default int line() {
    return statement().line();
  }
}
