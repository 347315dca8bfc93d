package io.mistersmith.persistence.event;

import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Publishes each committed change of agent state and of tasks to NATS: {@code agents.state.<agent>}
 * and {@code tasks.<event>.<task>}, by whatever program it was made. It works where the set of
 * scripts {@code events} is applied to the database. Obtain it by {@link
 * io.mistersmith.persistence.Persistence#changes}. Thread-safe.
 *
 * <p>One runtime of the installation publishes for all. Each change is published at least once,
 * those of one key in the order of their commits. A message bears an id, by which the stream drops
 * what is published twice; handlers that must not see a change twice remember the ids.
 */
public interface ChangeFeed {

  /** Returns what this runtime does. Does not wait. */
  State state();

  /**
   * Returns how far the stream is behind PostgreSQL. Asks PostgreSQL.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     when the set {@code events} is not applied
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when PostgreSQL does not
   *     answer
   */
  Lag lag();

  /**
   * Stops publishing in this runtime after the batch under way; another one takes over, unless it
   * is paused, too. Changes wait in PostgreSQL meanwhile. Does not wait.
   */
  void pause();

  /** Takes part in publishing again. Does not wait. */
  void resume();

  /**
   * Delivers changes to a handler: short for {@link
   * io.mistersmith.persistence.stream.Streams#consume}, with the messages read as changes. The
   * handler can note in its own transaction that it handled a change, by {@link
   * io.mistersmith.persistence.transaction.Transaction#firstTime}. A message that is no change
   * becomes a dead letter.
   *
   * @param plan a consumer of {@code AGENT_STATE} with a filter below {@code agents.state}, or of
   *     {@code TASK_EXECUTION}
   */
  StreamConsumer consume(
      ConsumerPlan plan, StreamConsumer.Options options, StreamConsumer.Handler<Change> handler);

  /** What a runtime does for the feed. */
  enum State {
    /** The set of scripts {@code events} is not applied, or this runtime does not know yet. */
    NOT_INSTALLED,
    /** The configuration keeps this runtime from publishing. */
    OFF,
    /** {@link ChangeFeed#pause} was called. */
    PAUSED,
    /** Another runtime publishes, or none can at present. */
    STANDING_BY,
    /** This runtime publishes for all. */
    PUBLISHING
  }

  /**
   * How far the stream is behind PostgreSQL.
   *
   * @param changes how many committed changes wait, about
   * @param bytes how many bytes they have, about
   * @param oldest how long the oldest of them has waited; zero when none waits
   * @param position the number of the last finished batch
   * @param movedAt when that batch was finished; empty when there was none yet
   */
  record Lag(long changes, long bytes, Duration oldest, long position, Optional<Instant> movedAt) {}

  /** An event about the feed, for a {@link PersistenceListener}. */
  sealed interface FeedEvent extends PersistenceEvent {}

  /**
   * A batch of changes is in the stream, and PostgreSQL knows that.
   *
   * @param changes how many changes the batch had
   * @param stored how many of them were in the stream before, from an attempt that was interrupted
   * @param references how many were too large for a message
   * @param took the time from the read of the batch to its end
   * @param oldest the time from the change of the first row to the end of the batch, by the clocks
   *     of PostgreSQL and of this process
   */
  record ChangesPublished(int changes, int stored, int references, Duration took, Duration oldest)
      implements FeedEvent {}

  /**
   * A batch of changes could not be published, and will be tried again.
   *
   * @param cause why
   */
  record PublishingFailed(RuntimeException cause) implements FeedEvent {}

  /**
   * This runtime began to publish for all, or ended.
   *
   * @param publishing whether it began
   */
  record PublisherChanged(boolean publishing) implements FeedEvent {}
}
