package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.model.AgentId;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Commits changes in PostgreSQL together with changes of entries in KV. Thread-safe.
 *
 * <p>The changes of entries are rows of the same transaction, so that they are decided when it is
 * committed. From then on any runtime puts them into KV, by compare-and-set; this one at once. A
 * reader of KV in between sees the old values. Where somebody else has written an entry since the
 * transaction read it, its change is refused, kept and listed: {@link #refused}.
 *
 * <p>Of an entry, a later transaction's change supersedes one that is not in KV yet.
 */
public interface CrossStore {

  /**
   * Runs the work, commits it, and puts its changes of entries into KV.
   *
   * @param work may run several times
   * @return what the work returned. A change of an entry that could not be put by then is put later
   * @throws io.mistersmith.persistence.error.PersistenceException as {@link
   *     io.mistersmith.persistence.transaction.TransactionRunner#run} does; {@code
   *     VERSION_CONFLICT} (transient) when a check found that an entry was changed, and nothing was
   *     committed; {@code MISCONFIGURED} when the server has no prepared transactions and the
   *     strategy needs them
   */
  <T> T run(CrossStoreOptions options, Function<? super CrossStoreTransaction, ? extends T> work);

  /** Returns changes that are committed and not in KV yet, the oldest first. */
  List<EntryWrite> waiting(int limit);

  /** Returns changes that were refused, and wait for an operator, the oldest first. */
  List<EntryWrite> refused(int limit);

  /**
   * Has a refused change overwrite the entry as it is now.
   *
   * @return false when there is none for the entry
   */
  boolean retry(AgentId owner, String path);

  /**
   * Forgets a refused change.
   *
   * @return false when there is none for the entry
   */
  boolean drop(AgentId owner, String path);

  /** Returns the refused change of an entry. */
  Optional<EntryWrite> refused(AgentId owner, String path);
}
