package io.mistersmith.persistence.migration.internal.sql;

import org.jspecify.annotations.Nullable;

/**
 * One of the changes of an ALTER TABLE.
 *
 * @param kind what is changed
 * @param subject the name of the column, constraint, trigger or partition; empty where none is
 * @param column the column that is added
 * @param constraint the constraint that is added
 * @param other the other table: a partition, a parent
 * @param rest what follows the subject
 * @param line the line of the script
 */
public record AlterAction(
    Kind kind,
    String subject,
    @Nullable ColumnDefinition column,
    @Nullable ConstraintDefinition constraint,
    @Nullable ObjectName other,
    TokenSequence rest,
    int line) {

  /** The actions, each with its lock on the table and the work that it means at worst. */
  public enum Kind {
    /** ADD COLUMN. */
    ADD_COLUMN(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** DROP COLUMN. */
    DROP_COLUMN(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** ALTER COLUMN TYPE. */
    SET_TYPE(LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE),
    /** ALTER COLUMN SET or DROP DEFAULT. */
    SET_DEFAULT(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** ALTER COLUMN SET NOT NULL. */
    SET_NOT_NULL(LockMode.ACCESS_EXCLUSIVE, TableWork.SCAN),
    /** ALTER COLUMN DROP NOT NULL. */
    DROP_NOT_NULL(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** ALTER COLUMN SET STATISTICS, SET (n_distinct). */
    SET_COLUMN_STATISTICS(LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.NONE),
    /** ALTER COLUMN SET EXPRESSION. */
    SET_EXPRESSION(LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE),
    /** Any other ALTER COLUMN. */
    ALTER_COLUMN(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** ADD CONSTRAINT. */
    ADD_CONSTRAINT(LockMode.ACCESS_EXCLUSIVE, TableWork.SCAN),
    /** VALIDATE CONSTRAINT. */
    VALIDATE_CONSTRAINT(LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.SCAN),
    /** DROP CONSTRAINT. */
    DROP_CONSTRAINT(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** ENABLE TRIGGER. */
    ENABLE_TRIGGER(LockMode.SHARE_ROW_EXCLUSIVE, TableWork.NONE),
    /** DISABLE TRIGGER. */
    DISABLE_TRIGGER(LockMode.SHARE_ROW_EXCLUSIVE, TableWork.NONE),
    /** ATTACH PARTITION, on the parent. */
    ATTACH_PARTITION(LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.NONE),
    /** DETACH PARTITION, on the parent. */
    DETACH_PARTITION(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** DETACH PARTITION CONCURRENTLY or FINALIZE, on the parent. */
    DETACH_PARTITION_CONCURRENTLY(LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.NONE),
    /** SET or RESET of storage parameters; CLUSTER ON. */
    SET_STORAGE_PARAMETERS(LockMode.SHARE_UPDATE_EXCLUSIVE, TableWork.NONE),
    /** SET LOGGED, SET TABLESPACE, SET ACCESS METHOD. */
    MOVE_ROWS(LockMode.ACCESS_EXCLUSIVE, TableWork.REWRITE),
    /** RENAME TO. */
    RENAME_TABLE(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** RENAME COLUMN. */
    RENAME_COLUMN(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** RENAME CONSTRAINT. */
    RENAME_CONSTRAINT(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** SET SCHEMA. */
    SET_SCHEMA(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE),
    /** Anything else, such as OWNER TO or ENABLE ROW LEVEL SECURITY. */
    OTHER(LockMode.ACCESS_EXCLUSIVE, TableWork.NONE);

    private final LockMode lock;
    private final TableWork work;

    Kind(LockMode lock, TableWork work) {
      this.lock = lock;
      this.work = work;
    }

    LockMode lock() {
      return lock;
    }

    TableWork work() {
      return work;
    }
  }

  /** Whether the kind is this one. */
  public boolean is(Kind other) {
    return kind == other;
  }
}
