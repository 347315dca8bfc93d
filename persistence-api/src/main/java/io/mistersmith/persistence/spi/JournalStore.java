package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps how far each journal is applied, in the same store and the same transaction as what was
 * applied (DESIGN section 3, rule 1). Thread-safe.
 */
public interface JournalStore {

  /** The position of a bucket's journal; empty when nobody ever opened it. */
  Optional<JournalPosition> position(String bucket);

  /**
   * Hands out a new epoch that names the messages from {@code firstSequence} on, unless the
   * position is no longer {@code observed}. The position afterwards is just before {@code
   * firstSequence}, or where it was if that is earlier; its message time stays what it was, so that
   * it always says how late the latest applied message was written.
   *
   * @param observed the position that was found wrong; empty for a bucket never seen before
   * @param firstSequence the first message of the new epoch
   * @param streamCreated when the stream was made
   * @param reason why, in a few words
   * @return the position as it is then, by whoever's doing
   */
  JournalPosition startEpoch(
      String bucket,
      Optional<JournalPosition> observed,
      long firstSequence,
      Instant streamCreated,
      String reason);

  /**
   * Applies a batch in one transaction: moves the position from exactly {@code previous} to {@code
   * next}, and writes each change whose revision is later than its row's. A change that the store
   * refuses while it takes others becomes a dead letter; so does a change that alone takes longer
   * than a statement may. A change that is written supersedes open dead letters of its key. The
   * batch has at most one change a key.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException when the store
   *     refuses all that is tried alike; nothing was applied, and the same batch passes once that
   *     is lifted
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when nothing was
   *     applied, or it is unknown; reading the position tells
   */
  ApplyResult apply(JournalPosition previous, JournalPosition next, List<StateChange> changes);

  /**
   * Returns the greatest sequence up to which everything in the journal has been applied for at
   * least {@code age}, on the store's clock; 0 when there is none, or when the position has moved
   * to another epoch since {@code observed} was read. Counts from when the batch moved the
   * position, and is never later than the position itself.
   *
   * <p>The store learns it from samples of the position, which each call takes when the latest one
   * is older than a sixteenth of {@code age}; it keeps about as many. An answer can therefore lag
   * behind by that much, and more when it was not asked for a while, but never runs ahead. The
   * samples belong to the store's own data: when the store is put back to an older state, the
   * answers go back with it.
   *
   * @param observed the position whose epoch the answer is for
   * @param age how long ago it must have been applied
   */
  long appliedFor(JournalPosition observed, Duration age);

  /**
   * Whether the samples of {@link #appliedFor} show that the write of this revision had been
   * applied before {@code time}. False when they do not reach back that far.
   */
  boolean wasApplied(String bucket, Revision revision, Instant time);

  /**
   * Takes or renews the right to flush for all, measured on the store's clock. It only saves work:
   * {@link #apply} is safe without it.
   *
   * @return whether {@code holder} has the lease now
   */
  boolean acquireLease(String bucket, String holder, Duration duration);

  /** Gives the lease up if {@code holder} has it. */
  void releaseLease(String bucket, String holder);
}
