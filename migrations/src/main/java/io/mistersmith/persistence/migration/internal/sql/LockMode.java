package io.mistersmith.persistence.migration.internal.sql;

/**
 * PostgreSQL's table-level lock modes, from the weakest to the strongest.
 *
 * <p>Reads are SELECTs, writes INSERT, UPDATE, DELETE and MERGE of other sessions.
 */
public enum LockMode {
  /** Taken by SELECT. */
  ACCESS_SHARE(false, false),
  /** Taken by SELECT … FOR UPDATE. */
  ROW_SHARE(false, false),
  /** Taken by INSERT, UPDATE and DELETE. */
  ROW_EXCLUSIVE(false, false),
  /** Taken by VACUUM, CONCURRENTLY: excludes neither reads nor writes, but itself. */
  SHARE_UPDATE_EXCLUSIVE(false, false),
  /** Taken by CREATE INDEX. */
  SHARE(false, true),
  /** Taken by CREATE TRIGGER, ADD FOREIGN KEY. */
  SHARE_ROW_EXCLUSIVE(false, true),
  /** Taken by REFRESH MATERIALIZED VIEW CONCURRENTLY. */
  EXCLUSIVE(false, true),
  /** Taken by most forms of ALTER TABLE, DROP and TRUNCATE: excludes reads, too. */
  ACCESS_EXCLUSIVE(true, true);

  private final boolean blocksReads;
  private final boolean blocksWrites;

  LockMode(boolean blocksReads, boolean blocksWrites) {
    this.blocksReads = blocksReads;
    this.blocksWrites = blocksWrites;
  }

  /** Whether others cannot read the table meanwhile. */
  public boolean blocksReads() {
    return blocksReads;
  }

  /** Whether others cannot write the table meanwhile. */
  public boolean blocksWrites() {
    return blocksWrites;
  }

  /** Returns the name as in PostgreSQL's documentation, such as SHARE ROW EXCLUSIVE. */
  public String label() {
    return name().replace('_', ' ');
  }
}
