package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The changes of entries that transactions have decided and that are not in KV yet: at most one a
 * key, the last. Thread-safe unless it is bound to a unit. See {@link
 * io.mistersmith.persistence.saga.CrossStore}.
 */
public interface EntryWriteStore {

  /**
   * A change of an entry.
   *
   * @param key the entry's key
   * @param json the new value; empty to delete
   * @param token the write id under which it is put into KV
   * @param correlationId the transaction's
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Change(StateKey key, Optional<byte[]> json, String token, String correlationId) {}

  /**
   * Where a change is put.
   *
   * @param place the sequence of the key's latest message; 0 where there is none
   * @param revision the revision of the entry there, if there is one
   */
  record Basis(long place, Optional<Revision.OfJournal> revision) {}

  /**
   * A change with what is known of it.
   *
   * @param change the change
   * @param basis where it is put, once that is known
   * @param earlier the tokens of the changes that it supersedes, one of which may be in KV
   * @param writtenAt when it was written, by the store's clock
   * @param refused why it was refused
   */
  record Pending(
      Change change,
      Optional<Basis> basis,
      Set<String> earlier,
      Instant writtenAt,
      Optional<String> refused) {

    /** Copies the tokens. */
    public Pending {
      earlier = Set.copyOf(earlier);
    }
  }

  /**
   * Writes a change. It supersedes one of the key that waits, whose basis it keeps; one that was
   * refused it replaces. Until the transaction ends, no other one writes the key.
   *
   * @return what is kept now; without a basis where there was no waiting change
   */
  Pending write(Change change);

  /**
   * Sets the basis of a change that has none.
   *
   * @return false when the key has no change with this token
   */
  boolean base(StateKey key, String token, Basis basis);

  /** Returns the change of a key. */
  @SqlAccess.Read
  Optional<Pending> find(StateKey key);

  /** Returns changes that wait, the oldest first. */
  @SqlAccess.Read
  List<Pending> waiting(int limit);

  /** Returns changes that were refused, the oldest first. */
  @SqlAccess.Read
  List<Pending> refused(int limit);

  /**
   * Removes a change that is in KV, or that is given up.
   *
   * @return false when the key has no change with this token, or a transaction is writing the key
   */
  boolean remove(StateKey key, String token);

  /**
   * Notes why a waiting change was refused.
   *
   * @return false when the key has no waiting change with this token
   */
  boolean refuse(StateKey key, String token, String reason);

  /**
   * Has a refused change wait again, to be put at another place.
   *
   * @return false when the key has no refused change with this token
   */
  boolean retry(StateKey key, String token, Basis basis);
}
