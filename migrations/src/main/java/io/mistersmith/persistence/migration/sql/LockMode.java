package io.mistersmith.persistence.migration.sql;

/**
 * PostgreSQL's table-level lock modes, from the weakest to the strongest.
 *
 * <p>Reads are SELECTs, writes INSERT, UPDATE, DELETE and MERGE of other sessions.
 */
public enum LockMode {
  /** Of a SELECT. */
  ACCESS_SHARE(false, false),
  /** Of a SELECT … FOR UPDATE. */
  ROW_SHARE(false, false),
  /** Of an INSERT, UPDATE or DELETE. */
  ROW_EXCLUSIVE(false, false),
  /** Of what runs beside reads and writes, but not beside itself: VACUUM, CONCURRENTLY. */
  SHARE_UPDATE_EXCLUSIVE(false, false),
  /** Of CREATE INDEX. */
  SHARE(false, true),
  /** Of CREATE TRIGGER, ADD FOREIGN KEY. */
  SHARE_ROW_EXCLUSIVE(false, true),
  /** Of REFRESH MATERIALIZED VIEW CONCURRENTLY. */
  EXCLUSIVE(false, true),
  /** Of most forms of ALTER TABLE, DROP and TRUNCATE: nobody else may even read. */
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

  /** As PostgreSQL's documentation writes it, such as SHARE ROW EXCLUSIVE. */
  public String label() {
    return name().replace('_', ' ');
  }
}
