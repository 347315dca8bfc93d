package io.mistersmith.persistence.migration.internal.sql;

/**
 * A lock that a statement takes on a relation.
 *
 * @param relation the relation; for an index that is dropped the index, as its table is not named
 * @param mode how strong
 * @param work what is done to the rows under it
 * @param line the line of the script
 */
public record TableLock(ObjectName relation, LockMode mode, TableWork work, int line) {

  /** A lock for a change that no row takes part in. */
  static TableLock brief(ObjectName relation, LockMode mode, int line) {
    return new TableLock(relation, mode, TableWork.NONE, line);
  }
}
