package io.mistersmith.persistence.checkpoint;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Copies of agents' states, to go back to or to begin another agent with. They are kept in
 * PostgreSQL, and go with their agent when it is deleted. Thread-safe.
 *
 * <p>What takes a deadline ends within it, and all else within the statement timeout. A failure
 * names the agent and the checkpoint. An unknown checkpoint is {@code NOT_FOUND}. After {@code
 * CONNECTION_FAILED} or {@code OUTCOME_UNKNOWN} it is unknown whether a checkpoint was made or
 * removed; {@link #list} tells.
 */
public interface Checkpoints {

  /**
   * Copies all of the agent's live entries as they stood at one point of the journal: every write
   * to any of its keys that was acknowledged to this process before the call is in the copy, and
   * none is without those that were acknowledged before it, whichever key and process they are of.
   * Writers go on meanwhile. Deleted and expired entries are not in it; the times at which entries
   * end are, and where their versions come from.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when the agent
   *     is not registered; {@code DEAD_LETTERED} when PostgreSQL refused one of its entries, unless
   *     that is allowed; {@code CONNECTION_FAILED} (transient) when PostgreSQL has not got the
   *     agent's writes within the deadline; {@code CONSTRAINT_VIOLATION} when the copy is larger
   *     than a document in PostgreSQL can be, 256 MB
   */
  Checkpoint create(AgentId agent, CheckpointOptions options);

  /**
   * The agent's checkpoints, latest first. May come from a replica, which has this process's own at
   * least.
   */
  List<Checkpoint> list(AgentId agent);

  /** A checkpoint. */
  Optional<Checkpoint> find(UUID checkpoint);

  /**
   * Returns the agent's checkpoint with this name, the latest of several. May come from a replica,
   * as {@link #list} may.
   */
  Optional<Checkpoint> find(AgentId agent, String name);

  /**
   * Returns the untyped entries of a checkpoint, mapped to JSON by their fields. Short for {@code
   * read(checkpoint, StateType.untyped(type))}.
   */
  default <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, Class<T> type) {
    return read(checkpoint, StateType.untyped(type));
  }

  /**
   * Returns the entries of one type that a checkpoint holds, as they were, by key; with those of
   * the checkpoints that it needs. Entries of other types are left out. The keys are as callers
   * name them, without the type.
   */
  <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, StateType<T> type);

  /**
   * Restores the agent's state to the content of the checkpoint: writes the entries that differ,
   * deletes those that the checkpoint lacks, and waits until PostgreSQL has all of this. Entries
   * whose time is over by now stay gone.
   *
   * <p>These are writes like any others: acknowledged by KV, in the journal, each with a new
   * revision, seen by watches. Where conflicts are resolved they are later than the present entry
   * and than the checkpoint's, so that no rule takes either of these back. It is no lock. Against a
   * concurrent write, the later one in the journal wins, key by key; a key that is created
   * concurrently may stay. Stop the agent if that must not happen.
   *
   * <p>A restore that fails or dies half way leaves some keys restored and the others as they were.
   * Run it again: it does what is missing.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONNECTION_FAILED}
   *     (transient) when it was not done within the deadline
   */
  Restored restore(UUID checkpoint, Duration deadline);

  /**
   * Gives another agent, or one without entries, the content of the checkpoint, as {@link #restore}
   * does. It needs the checkpoint no more afterwards.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when that agent
   *     is not registered; {@code DUPLICATE_KEY} when it has entries, unless they are to be
   *     replaced. A fork that was cut off leaves some: run it again with {@link
   *     ForkOptions#replacing}
   */
  Restored fork(UUID checkpoint, AgentId toAgent, ForkOptions options);

  /**
   * Deletes a checkpoint; returns false when there is none.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when another one needs it, which the message names
   */
  boolean delete(UUID checkpoint);

  /** Deletes those of the agent's checkpoints that the rule lets go and that no kept one needs. */
  Pruned prune(AgentId agent, PruneRule rule);

  /**
   * The result of pruning an agent's checkpoints.
   *
   * @param agent the agent
   * @param removed those that are gone, latest first
   * @param needed those that the rule would let go, but that stay because a later one needs them
   * @param kept how many are left, with the needed ones
   * @param freedBytes the size of what is gone
   */
  record Pruned(AgentId agent, List<UUID> removed, List<UUID> needed, int kept, long freedBytes) {

    /** Keeps copies. */
    public Pruned {
      removed = List.copyOf(removed);
      needed = List.copyOf(needed);
    }
  }

  /**
   * The result of a restore or a fork.
   *
   * @param checkpoint the restored checkpoint
   * @param agent the agent whose state it is now
   * @param written how many entries were written
   * @param deleted how many entries were deleted, because the checkpoint lacks them or their time
   *     is over
   * @param unchanged how many entries already were as in the checkpoint
   * @param through the revision of the last of these writes; empty when nothing differed.
   *     PostgreSQL has all of them
   * @param took how long it took
   */
  record Restored(
      UUID checkpoint,
      AgentId agent,
      int written,
      int deleted,
      int unchanged,
      Optional<Revision> through,
      Duration took) {}

  /**
   * A rule that selects an agent's checkpoints to delete. The latest {@code keep} stay in any case.
   * From the others go those that are older than {@code olderThan}, and those that do not fit into
   * {@code totalBytes} when they are counted from the latest one on; all of them, when neither is
   * given. Immutable; {@code or…} methods copy.
   *
   * @param keep how many of the latest stay
   * @param olderThan the age from which they may go
   * @param totalBytes how much those that stay may hold together
   */
  record PruneRule(int keep, Optional<Duration> olderThan, OptionalLong totalBytes) {

    /** Checks that there is a rule at all. */
    public PruneRule {
      Checks.that(keep >= 0, "prune rule: keep is " + keep + "; give 0 or more");
      olderThan.ifPresent(age -> Checks.positive("prune rule: olderThan", age));
      totalBytes.ifPresent(
          bytes ->
              Checks.that(bytes >= 0, "prune rule: totalBytes is " + bytes + "; give 0 or more"));
    }

    /** Keeps the latest ones, this many. */
    public static PruneRule keepLatest(int count) {
      return new PruneRule(count, Optional.empty(), OptionalLong.empty());
    }

    /** Lets go what is older. */
    public static PruneRule olderThan(Duration age) {
      return new PruneRule(0, Optional.of(age), OptionalLong.empty());
    }

    /** Keeps as many of the latest as fit. */
    public static PruneRule totalBytes(long bytes) {
      return new PruneRule(0, Optional.empty(), OptionalLong.of(bytes));
    }

    /** This rule, but the latest ones stay in any case, this many. */
    public PruneRule butKeepLatest(int count) {
      return new PruneRule(count, olderThan, totalBytes);
    }

    /** This rule, and what is older goes too. */
    public PruneRule orOlderThan(Duration age) {
      return new PruneRule(keep, Optional.of(age), totalBytes);
    }

    /** This rule, and what does not fit goes too. */
    public PruneRule orBeyondBytes(long bytes) {
      return new PruneRule(keep, olderThan, OptionalLong.of(bytes));
    }
  }
}
