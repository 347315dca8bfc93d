package io.mistersmith.persistence.event;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.conflict.ConflictResolver.ConflictStrategy;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;

/**
 * Something that the engine did or met. Events hold no values of entries. Each belongs to one area:
 * {@link StateEvent}, {@link AgentEvent}, {@link StoreEvent}, {@link OperationsEvent}, {@link
 * ChangeFeed.FeedEvent}, {@link SagaEvent}, {@link CrossStoreEvent} or {@link MonitoringEvent}.
 *
 * <p>Later versions add kinds of events. Test for those that you want, by {@code instanceof} or by
 * {@link PersistenceListener#of}, and ignore the others.
 */
public sealed interface PersistenceEvent
    permits ChangeFeed.FeedEvent,
        CrossStoreEvent,
        MonitoringEvent,
        PersistenceEvent.AgentEvent,
        PersistenceEvent.OperationsEvent,
        PersistenceEvent.StateEvent,
        SagaEvent,
        StoreEvent {

  /** An event about entries and their way to PostgreSQL. */
  sealed interface StateEvent extends PersistenceEvent {}

  /** An event about one agent. */
  sealed interface AgentEvent extends PersistenceEvent {}

  /** An event about the runtime itself, for its operator. */
  sealed interface OperationsEvent extends PersistenceEvent {}

  /**
   * A batch was committed. Immutable.
   *
   * <p>The lag of a write is the time from its write to its commit, by the NATS server's clock;
   * writes that a later one in the batch superseded count as committed with it.
   */
  final class Flushed implements StateEvent {

    private final String bucket;
    private final Revision.OfJournal through;
    private final int rows;
    private final int refused;
    private final Duration took;
    private final long[] lagNanos;
    private final List<Optional<AgentId>> owners;

    /** An event about one batch; {@code lagNanos} has an element for each write. */
    public Flushed(
        String bucket,
        Revision.OfJournal through,
        int rows,
        int refused,
        Duration took,
        long[] lagNanos) {
      this(bucket, through, rows, refused, took, lagNanos, List.of());
    }

    /**
     * An event about one batch whose writes have owners.
     *
     * @param owners the owner of each write, in the order of {@code lagNanos}; empty for a write
     *     that has none
     */
    public Flushed(
        String bucket,
        Revision.OfJournal through,
        int rows,
        int refused,
        Duration took,
        long[] lagNanos,
        List<Optional<AgentId>> owners) {
      this.bucket = bucket;
      this.through = through;
      this.rows = rows;
      this.refused = refused;
      this.took = took;
      this.lagNanos = lagNanos.clone();
      this.owners = List.copyOf(owners);
    }

    /** The bucket whose journal was flushed. */
    public String bucket() {
      return bucket;
    }

    /** The position that PostgreSQL has reached with this batch. */
    public Revision.OfJournal through() {
      return through;
    }

    /** How many writes the batch held; what was hydrated is in the journal, but is no write. */
    public int entries() {
      return lagNanos.length;
    }

    /** How many rows they were coalesced to. */
    public int rows() {
      return rows;
    }

    /** How many of the rows PostgreSQL refused; they are dead letters now. */
    public int refused() {
      return refused;
    }

    /** How long the transaction took. */
    public Duration took() {
      return took;
    }

    /** The lag of each write, in nanoseconds, in journal order. */
    public LongStream lagNanos() {
      return LongStream.of(lagNanos);
    }

    /** Returns the longest lag of each owner, in nanoseconds. */
    public Map<AgentId, Long> longestLags() {
      Map<AgentId, Long> longest = new HashMap<>();
      for (int i = 0; i < owners.size(); i++) {
        if (owners.get(i).isPresent()) {
          longest.merge(owners.get(i).get(), lagNanos[i], Math::max);
        }
      }
      return longest;
    }
  }

  /**
   * An attempt to flush failed and will be made again: PostgreSQL is away (a transient cause), or
   * it refuses everything alike and writes wait in the journal until that is lifted, or the batch
   * took too long and the next one is smaller.
   *
   * @param bucket the bucket whose journal was to be flushed
   * @param cause why
   */
  record FlushFailed(String bucket, RuntimeException cause) implements StateEvent {}

  /**
   * PostgreSQL refused an entry; it is kept as a dead letter.
   *
   * @param bucket its bucket
   * @param subject its subject in the bucket
   * @param reason why PostgreSQL refused it
   */
  record DeadLettered(String bucket, String subject, String reason) implements StateEvent {}

  /**
   * The journal of a bucket was found to be recreated or to have gone back.
   *
   * @param bucket the bucket
   * @param epoch the new epoch
   * @param reason what was found
   */
  record EpochStarted(String bucket, long epoch, String reason) implements StateEvent {}

  /**
   * A save met another version of its entry, or lost its place to another writer.
   *
   * @param key the entry's key
   * @param strategy how it was decided
   * @param outcome the outcome
   * @param lost how often another writer was faster, so that the save had to look again
   */
  record ConflictMet(StateKey key, ConflictStrategy strategy, Outcome outcome, int lost)
      implements StateEvent {

    /** The outcome of a conflict. */
    public enum Outcome {
      /** The stored version stayed. */
      KEPT_CURRENT,
      /** The version to be saved replaced it. */
      TOOK_INCOMING,
      /** Another value replaced both. */
      MERGED,
      /** Nothing was stored, and the save failed. */
      REJECTED
    }
  }

  /** An entry, of this key, was brought from PostgreSQL into KV. */
  record EntryHydrated(StateKey key) implements StateEvent {}

  /**
   * Entries that were flushed and idle were taken out of KV.
   *
   * @param bucket their bucket
   * @param entries how many
   */
  record Evicted(String bucket, int entries) implements StateEvent {}

  /**
   * Backpressure on writes began or ended.
   *
   * @param bucket the bucket whose journal it is about
   * @param engaged whether it began; else it ended
   * @param reason which figure is over which limit; empty when it ended
   * @param backlog the backlog that decided it
   */
  record BackpressureChanged(String bucket, boolean engaged, String reason, Backlog backlog)
      implements StateEvent {}

  /**
   * An agent's lifecycle state became another one in this process. The changes of one agent arrive
   * in order, each from what the one before led to; all are legal.
   *
   * @param agent the agent
   * @param from the state before
   * @param to the state now
   * @param at when, by the configured clock
   * @param cause why
   */
  record LifecycleChanged(
      AgentId agent, LifecycleState from, LifecycleState to, Instant at, LifecycleState.Cause cause)
      implements AgentEvent {

    /**
     * Checks that the change is legal.
     *
     * @throws IllegalStateException when {@code to} cannot follow {@code from}
     */
    public LifecycleChanged {
      if (!from.canBecome(to)) {
        throw new IllegalStateException(
            "agent " + agent + ": " + from + " cannot become " + to + ", only " + from.next());
      }
    }
  }

  /** All of an agent's entries were hydrated; sent once, however many callers asked for it. */
  record AgentHydrated(Hydration hydration) implements AgentEvent {}

  /**
   * The breaker of a store and role changed its state.
   *
   * @param store {@code nats} or {@code postgresql}
   * @param role the bucket, or the role of the connections
   * @param from the state before
   * @param to the state now
   */
  record BreakerChanged(
      String store, String role, StoreGuard.Breaker.State from, StoreGuard.Breaker.State to)
      implements OperationsEvent {}

  /**
   * A failure needs an operator. Sent for the first one of its kind; later ones are counted in
   * {@link StoreGuard#escalations}.
   *
   * @param escalation the failure
   */
  record Escalated(Escalation escalation) implements OperationsEvent {}

  /**
   * A check found an entry on which the stores disagree, or an orphan.
   *
   * @param found what
   */
  record InconsistencyFound(Inconsistency found) implements OperationsEvent {}

  /**
   * A check of consistency ended.
   *
   * @param report what it found
   */
  record ConsistencyChecked(ConsistencyReport report) implements OperationsEvent {}

  /**
   * Opening waits for a server that is not there yet; sent every few seconds while it does.
   *
   * @param reason which server is awaited and what was found, as a sentence
   * @param waited how long it has waited
   * @param left how long it goes on waiting
   */
  record ServerAwaited(String reason, Duration waited, Duration left) implements OperationsEvent {}

  /**
   * NATS stopped to answer this runtime, or answers again. While it is away, writes of data that
   * NATS keeps fail as {@code CONNECTION_FAILED}, and reads of agent state are answered by
   * PostgreSQL where it is known to have the latest write of this process.
   *
   * @param away whether it is away now; else it is back
   * @param since when the outage was noticed, by the stores' clock
   * @param reason what was found, as a clause; empty when it is back
   */
  record HotStoreChanged(boolean away, Instant since, String reason) implements OperationsEvent {}

  /**
   * Another PostgreSQL server is the primary, after a promotion: the connections to the one before
   * were closed. The present one may lack commits; agent state is written to it again from NATS.
   *
   * @param server the address of the present one
   * @param system its system identifier, which all servers of a cluster share
   * @param timelineBefore the timeline of the primary before
   * @param timeline the timeline of the present one
   */
  record PrimaryChanged(String server, String system, int timelineBefore, int timeline)
      implements OperationsEvent {}

  /**
   * The present primary of PostgreSQL was searched for what it lacks after a promotion.
   *
   * @param timeline its timeline
   * @param restoredAgents agents that it lacked, or had in an older version, and that were restored
   *     from KV
   * @param returnedAgents agents whose deletion it lacks; delete them again
   * @param refusedAgents agents that it lacks, or has in an older version, and that could not be
   *     restored; the log says why
   * @param lostCheckpoints checkpoints that this runtime had made and that it lacks; make them
   *     again
   * @param replayedDeadLetters how many entries that were refused because their agent was missing
   *     are in PostgreSQL now. The log names the few that a flush under way refuses later
   */
  record FailoverChecked(
      int timeline,
      Set<AgentId> restoredAgents,
      Set<AgentId> returnedAgents,
      Set<AgentId> refusedAgents,
      Set<UUID> lostCheckpoints,
      long replayedDeadLetters)
      implements OperationsEvent {

    /** Copies the sets. */
    public FailoverChecked {
      restoredAgents = Set.copyOf(restoredAgents);
      returnedAgents = Set.copyOf(returnedAgents);
      refusedAgents = Set.copyOf(refusedAgents);
      lostCheckpoints = Set.copyOf(lostCheckpoints);
    }
  }

  /**
   * A background service of the library failed for a reason that should not occur: an exception
   * that is no {@link io.mistersmith.persistence.error.TransientPersistenceException}, or an Error.
   * Sent for each failure, at most some times a second.
   *
   * @param service the service's name, which is its thread's name, too
   * @param consequence the effect of the failure, as a clause
   * @param failures how often it failed in a row
   * @param ended whether it does not go on trying; then close this runtime and open it again
   * @param cause what was thrown
   */
  record ServiceFailed(
      String service, String consequence, long failures, boolean ended, Throwable cause)
      implements OperationsEvent {}
}
