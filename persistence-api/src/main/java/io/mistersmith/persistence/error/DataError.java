package io.mistersmith.persistence.error;

/**
 * The kind of a failure, as a code that programs can branch on.
 *
 * <p>A document that cannot be mapped is a {@link #SERIALIZATION_ERROR}, a transaction that lost a
 * race a {@link #TRANSACTION_CONFLICT}: only the latter is worth a retry.
 */
public enum DataError {
  /** The entity does not exist, and the call needs it to. */
  NOT_FOUND,
  /** The entity exists, and the call needs it not to. */
  DUPLICATE_KEY,
  /** A store cannot be reached, or gave no answer before the deadline. */
  CONNECTION_FAILED,
  /** The value cannot be written as JSON that both stores accept, or cannot be read back. */
  SERIALIZATION_ERROR,
  /** The entity has another revision than the one the caller expected. */
  VERSION_CONFLICT,
  /** The entry's time to live has passed. */
  TTL_EXPIRED,
  /** The stores contradict each other, or a store went back in time. */
  CONSISTENCY_VIOLATION,
  /** The database aborted the transaction in favour of another one (SQLSTATE 40001, 40P01). */
  TRANSACTION_CONFLICT,
  /**
   * The connection was lost after COMMIT was sent, so that the transaction may or may not have been
   * applied. {@link io.mistersmith.persistence.transaction.TransactionRunner#outcome} finds out
   * where it has a correlation id. Never repeated by this library without finding out.
   */
  OUTCOME_UNKNOWN,
  /** A key is empty, too long, or holds characters that no store can keep. */
  INVALID_KEY,
  /** The value is larger than the bucket or the server takes. */
  VALUE_TOO_LARGE,
  /** The bucket is full and takes no new keys. */
  STORE_FULL,
  /** Too much waits for PostgreSQL; the write was not made, and can be once that has shrunk. */
  BACKLOG_EXCEEDED,
  /**
   * The database refused the data, or would: a constraint, a foreign key, a type, a time after the
   * year 9999.
   */
  CONSTRAINT_VIOLATION,
  /** The entry was acknowledged but refused by the database; it is kept as a dead letter. */
  DEAD_LETTERED,
  /** A store refuses the user or one of its calls. */
  ACCESS_DENIED,
  /** The configuration cannot work with what the stores are or hold. */
  MISCONFIGURED,
  /** The call came after {@code close}. */
  CLOSED
}
