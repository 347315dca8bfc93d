package io.mistersmith.persistence.error;

/**
 * The kind of a failure, as a code that programs can branch on.
 *
 * <p>A document that cannot be mapped is a {@link #SERIALIZATION_ERROR}, a transaction that lost a
 * race a {@link #TRANSACTION_CONFLICT}: only the latter is worth a retry.
 */
public enum DataError {
  /** The entity does not exist, and the call needs it to. */
  NOT_FOUND(Recovery.FAIL),
  /** The entity exists, and the call needs it not to. */
  DUPLICATE_KEY(Recovery.FAIL),
  /**
   * A store cannot be reached, or the connection to it was lost. Nothing was written to KV. A
   * single statement in PostgreSQL may have been applied if its connection was lost meanwhile.
   */
  CONNECTION_FAILED(Recovery.RETRY),
  /** A store was reached and gave no answer in the time that it had. */
  TIMEOUT(Recovery.RETRY),
  /**
   * A store answers that it cannot serve calls at present: it is starting or stopping, has no
   * resources left, has no leader, or was not asked because its calls failed one after the other.
   * Nothing was applied.
   */
  UNAVAILABLE(Recovery.USE_CACHE),
  /** All connections of a pool were in use until the end of the time to wait for one. */
  POOL_EXHAUSTED(Recovery.DEGRADE),
  /** The value cannot be written as JSON that both stores accept, or cannot be read back. */
  SERIALIZATION_ERROR(Recovery.FAIL),
  /** The entity has another revision than the one the caller expected. */
  VERSION_CONFLICT(Recovery.RETRY),
  /**
   * The time of the entry with the expected revision is over, so that it cannot be replaced or
   * deleted. Create it again.
   */
  TTL_EXPIRED(Recovery.FAIL),
  /** The stores contradict each other, or a store went back in time. */
  CONSISTENCY_VIOLATION(Recovery.ESCALATE),
  /** The service that keeps the master keys does not answer. Nothing was read or written. */
  KEY_UNAVAILABLE(Recovery.RETRY),
  /**
   * The value cannot be decrypted: it was changed or moved, it is not encrypted and must be, or its
   * key was destroyed.
   */
  UNREADABLE(Recovery.ESCALATE),
  /** A store found its own files damaged, or a checksum does not fit its value. */
  DATA_CORRUPTION(Recovery.ESCALATE),
  /** The database aborted the transaction in favour of another one (SQLSTATE 40001, 40P01). */
  TRANSACTION_CONFLICT(Recovery.RETRY),
  /**
   * The acknowledgement of a write to KV, or of a COMMIT, was lost, so that it may or may not have
   * been applied. It is not applied later. Or a write waited for PostgreSQL, which did not commit
   * it in time: KV has it, and it is flushed later. Read the entry before you write it again.
   * {@link io.mistersmith.persistence.transaction.TransactionRunner#outcome} finds out where a
   * transaction has a correlation id. Never repeated by this library without finding out.
   */
  OUTCOME_UNKNOWN(Recovery.FAIL),
  /** A key is empty, too long, or holds characters that no store can keep. */
  INVALID_KEY(Recovery.FAIL),
  /** The value is larger than the bucket or the server takes. */
  VALUE_TOO_LARGE(Recovery.FAIL),
  /** The bucket, or the memory or disk that the server may use, is full and takes no new keys. */
  STORE_FULL(Recovery.DEGRADE),
  /** Too much waits for PostgreSQL; the write was not made, and can be once that has shrunk. */
  BACKLOG_EXCEEDED(Recovery.DEGRADE),
  /**
   * The database refused the data, or would: a constraint, a foreign key, a type, a time after the
   * year 9999.
   */
  CONSTRAINT_VIOLATION(Recovery.ESCALATE),
  /**
   * The lease of a task is no longer held: it expired, or the task was cancelled or ended. Or
   * another runner has taken a saga over.
   */
  LEASE_LOST(Recovery.FAIL),
  /** The entry was acknowledged but refused by the database; it is kept as a dead letter. */
  DEAD_LETTERED(Recovery.ESCALATE),
  /** A store refuses the user or one of its calls. */
  ACCESS_DENIED(Recovery.ESCALATE),
  /** The configuration cannot work with what the stores are or hold. */
  MISCONFIGURED(Recovery.ESCALATE),
  /** The call came after {@code close}. */
  CLOSED(Recovery.FAIL);

  private final Recovery recovery;

  DataError(Recovery recovery) {
    this.recovery = recovery;
  }

  /** Returns what to do about a failure of this kind. */
  public Recovery recovery() {
    return recovery;
  }

  /** What to do about a failure. */
  public enum Recovery {
    /**
     * Try again after a pause: a conflict after another read, a write only where it is certain that
     * it was not applied.
     */
    RETRY,
    /** Answer with what is known from before, and say how old it is. */
    USE_CACHE,
    /** Do with less: an estimate, the essential part, a default value. */
    DEGRADE,
    /** Tell an operator: no later attempt, and nothing that the caller can do, will help. */
    ESCALATE,
    /** Tell the caller, whose own matter it is. */
    FAIL
  }
}
