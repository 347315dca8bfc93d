package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.transaction.Transaction;

/** A transaction that changes entries in KV too. For the thread that runs the work. */
public interface CrossStoreTransaction {

  /** Returns the transaction in PostgreSQL. */
  Transaction transaction();

  /**
   * Changes an entry, whatever its value is now. Of several changes of one entry the last one
   * counts.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when KV does not answer, or the
   *     value cannot be kept
   */
  void write(EntryChange<?> change);

  /**
   * Changes an entry that still has this revision.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when it has another one, or a change that is not in KV yet
   */
  void write(EntryChange<?> change, Revision expected);
}
