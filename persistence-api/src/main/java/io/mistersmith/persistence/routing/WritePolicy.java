package io.mistersmith.persistence.routing;

import io.mistersmith.persistence.model.DataType.StorageLayer;

/** The stores that a write goes to, their order, and the one that acknowledges it. */
public enum WritePolicy {
  /** KV acknowledges; a background flush brings the write to PostgreSQL. */
  WRITE_BEHIND(StorageLayer.DISTRIBUTED_KV, StorageLayer.DISTRIBUTED_KV, true, true),
  /**
   * KV first; the write is acknowledged once PostgreSQL has committed it. {@code KV_ACK} asks for
   * less than that, so it changes nothing here. A save that PostgreSQL does not commit in time
   * fails as transient although KV has the entry: readers see it, and it is flushed later.
   */
  WRITE_THROUGH(StorageLayer.DISTRIBUTED_KV, StorageLayer.RELATIONAL_DB, true, true),
  /** PostgreSQL commits first and acknowledges; the committed version is then published to KV. */
  SQL_FIRST(StorageLayer.RELATIONAL_DB, StorageLayer.RELATIONAL_DB, true, true),
  /** KV alone. */
  KV_ONLY(StorageLayer.DISTRIBUTED_KV, StorageLayer.DISTRIBUTED_KV, true, false),
  /** PostgreSQL alone. */
  SQL_ONLY(StorageLayer.RELATIONAL_DB, StorageLayer.RELATIONAL_DB, false, true);

  private final StorageLayer first;
  private final StorageLayer acknowledging;
  private final boolean inKv;
  private final boolean inSql;

  WritePolicy(StorageLayer first, StorageLayer acknowledging, boolean inKv, boolean inSql) {
    this.first = first;
    this.acknowledging = acknowledging;
    this.inKv = inKv;
    this.inSql = inSql;
  }

  /** Returns the layer that is written first. */
  public StorageLayer writesFirst() {
    return first;
  }

  /** Returns the layer that has the write when its caller gets the acknowledgement. */
  public StorageLayer acknowledgedBy() {
    return acknowledging;
  }

  /** Whether entries are kept in a bucket. */
  public boolean isInKv() {
    return inKv;
  }

  /** Whether entries are kept in a table. */
  public boolean isInSql() {
    return inSql;
  }
}
