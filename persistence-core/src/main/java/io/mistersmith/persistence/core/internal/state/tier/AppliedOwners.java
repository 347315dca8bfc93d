package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.StateStore.JournalPlace;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

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
public final class AppliedOwners implements Applied {

  private final HotReads reads;
  private final JournalTracker tracker;
  private final SqlAccess sql;
  private final UUID installation;

  /** Compares the bucket with the position that {@code tracker} reads from {@code sql}. */
  public AppliedOwners(HotReads reads, JournalTracker tracker, SqlAccess sql) {
    this.reads = reads;
    this.tracker = tracker;
    this.sql = sql;
    this.installation = sql.journals().installation();
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
        && sql.deadLetters().openForAgent(reads.name(), agent).isEmpty();
  }

  /** Asks PostgreSQL for the position, dead letters and rows at once. */
  @Override
  public Optional<List<StoredKey>> keys(AgentId agent, String prefix, String after, int limit) {
    return reads
        .latest(agent)
        .flatMap(
            latest ->
                sql.states()
                    .keysIfApplied(
                        agent,
                        prefix,
                        after,
                        limit,
                        new JournalPlace(
                            installation, reads.name(), latest.sequence(), latest.time())));
  }
}
