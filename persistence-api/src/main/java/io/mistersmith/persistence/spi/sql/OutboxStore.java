package io.mistersmith.persistence.spi.sql;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The outbox of an installation: every committed change of agents' state and of tasks, by any
 * program, for one reader that publishes them. The set of scripts {@code events} adds it.
 *
 * <p>A batch holds what was committed between two moments, so a transaction that stays open hides
 * nothing of what others commit, and what it wrote is in the first batch after its own commit. The
 * batches are the same for all who ask: {@link #next} returns the same one until it is {@link
 * #done}. Several runtimes may read; the one that says {@code done} first moves the position, and
 * the others are told. Thread-safe.
 *
 * <p>Where the set is not applied, all methods but {@link #isInstalled} fail with a {@link
 * io.mistersmith.persistence.error.NonTransientPersistenceException} {@code MISCONFIGURED}.
 */
public interface OutboxStore {

  /** Returns whether the database has an outbox. */
  @SqlAccess.Read
  boolean isInstalled();

  /** Returns the last batch that is done. */
  @SqlAccess.Read
  Position position();

  /**
   * Returns the batch after the position; empty when nothing was committed since. It may have no
   * changes, and is to be called done then, too. Made outside a unit of work: in one, nothing may
   * have been written before.
   */
  Optional<Batch> next();

  /**
   * Returns changes of a batch in the order of their ids: those with the lowest ids above {@code
   * after}. Empty when there are no more.
   *
   * @param batch of {@link #next}; what is read of one that is done since is not defined
   * @param after the last id that was read; 0 for the first
   * @param portion how much
   */
  @SqlAccess.Read
  List<OutboxChange> read(Batch batch, long after, Portion portion);

  /**
   * Moves the position to the end of a batch, unless that batch is not the one after the position
   * any more. After a failure whose outcome is unknown, {@link #position} tells.
   *
   * @param batch of {@link #next}
   * @param sequences kept with the position: of each stream, by its name, the last sequence that a
   *     message of this batch or an earlier one has
   * @return whether this call moved it
   */
  boolean done(Batch batch, Map<String, Long> sequences);

  /** Returns how much is committed and not done yet. */
  @SqlAccess.Read
  Backlog backlog();

  /**
   * Gives the space of what is done back, a segment at a time, and begins a new segment when the
   * present one has grown. A segment into which a transaction that is still open has written, or
   * that holds anything that is not done, stays. Waits for nobody. To be called every few seconds.
   *
   * @return how many segments were emptied
   */
  int rotate();

  /**
   * How far the outbox was read.
   *
   * @param tick the number of the last batch that is done; 0 before the first
   * @param sequences what was kept with it
   * @param at when it was done, by the store's clock
   */
  record Position(long tick, Map<String, Long> sequences, Instant at) {

    /** Keeps a copy. */
    public Position {
      sequences = Map.copyOf(sequences);
    }
  }

  /**
   * What was committed between two moments.
   *
   * @param tick its number, one more than that of the batch before
   * @param at its second moment, by the store's clock
   */
  record Batch(long tick, Instant at) {}

  /**
   * How much of a batch is read at once.
   *
   * @param changes at most so many; positive
   * @param bytes at most so many bytes of payloads, but one change at least; positive
   * @param largestPayload of larger payloads only the size is read; positive
   */
  record Portion(int changes, long bytes, int largestPayload) {

    /** Checks its parts. */
    public Portion {
      if (changes < 1 || bytes < 1 || largestPayload < 1) {
        throw new IllegalArgumentException(
            "a portion needs positive limits: " + changes + ", " + bytes + ", " + largestPayload);
      }
    }
  }

  /**
   * What waits in the outbox.
   *
   * @param changes about how many committed changes are not done; never 0 while there are some
   * @param bytes about how much space the outbox takes, with what is done and not given back yet
   * @param lag how long ago the oldest of them was written; zero when there is none. A change of a
   *     transaction that was open for long counts from when its statement was run
   */
  record Backlog(long changes, long bytes, Duration lag) {}
}
