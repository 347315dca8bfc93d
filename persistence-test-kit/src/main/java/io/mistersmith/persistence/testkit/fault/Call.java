package io.mistersmith.persistence.testkit.fault;

/** The calls into the stores that faults can be put on. */
public enum Call {
  /** A write to a bucket, with or without waiting. */
  PUBLISH(true),
  /** A read of one or many keys, or a list, from a bucket. */
  GET(true),
  /** The removal of what is flushed from a bucket. */
  EVICT(true),
  /** The question what a bucket's stream holds. */
  BUCKET_STATE(true),
  /** The opening of a journal reader. */
  OPEN_READER(true),
  /** The reading of the next journal entry. */
  NEXT_ENTRY(true),
  /** A nudge, or the news of a flush. */
  NUDGE(true),
  /** The transaction that a flush is. */
  APPLY(false),
  /** The question for a journal's position. */
  POSITION(false),
  /** The beginning of an epoch. */
  START_EPOCH(false),
  /** Taking, renewing or giving up a lease. */
  LEASE(false),
  /** A transaction of several calls into the durable store, from its start to its commit. */
  TRANSACTION(false),
  /** Any other read from the durable store. */
  SQL_READ(false),
  /** Any other write to the durable store. */
  SQL_WRITE(false),
  /** A question of the health, or a call of a job of the upkeep. */
  UPKEEP(false);

  private final boolean hot;

  Call(boolean hot) {
    this.hot = hot;
  }

  /** Whether it goes to the hot store; else it goes to the durable one. */
  public boolean isHot() {
    return hot;
  }
}
