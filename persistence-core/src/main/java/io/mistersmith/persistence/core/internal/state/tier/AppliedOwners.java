package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Tells of an owner whether the durable store has all that the owner's messages in the bucket say,
 * so that it answers for both. True of most owners most of the time: it takes no longer than the
 * flush of the owner's last write.
 *
 * <p>The latest message is asked of the leader before the position is read, so that every write is
 * applied that was acknowledged before. A message that is later than the position by its time,
 * although not by its sequence, is of a stream that went back and was not verified yet. An entry
 * that PostgreSQL refused is in the bucket alone.
 */
public final class AppliedOwners implements Predicate<AgentId> {

  private final HotReads reads;
  private final JournalTracker tracker;
  private final DeadLetterStore deadLetters;

  /** Compares the bucket with the position that {@code tracker} reads. */
  public AppliedOwners(HotReads reads, JournalTracker tracker, DeadLetterStore deadLetters) {
    this.reads = reads;
    this.tracker = tracker;
    this.deadLetters = deadLetters;
  }

  @Override
  public boolean test(AgentId agent) {
    Optional<MessagePlace> latest = reads.latest(agent);
    if (latest.isEmpty()) {
      return false;
    }
    JournalPosition applied = tracker.refresh();
    return latest.get().sequence() <= applied.sequence()
        && !latest.get().time().isAfter(applied.messageTime())
        && deadLetters.openForAgent(reads.name(), agent).isEmpty();
  }
}
