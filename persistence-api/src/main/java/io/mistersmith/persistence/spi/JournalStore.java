package io.mistersmith.persistence.spi;

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
   * Takes or renews the right to flush for all, measured on the store's clock. It only saves work:
   * {@link #apply} is safe without it.
   *
   * @return whether {@code holder} has the lease now
   */
  boolean acquireLease(String bucket, String holder, Duration duration);

  /** Gives the lease up if {@code holder} has it. */
  void releaseLease(String bucket, String holder);
}
