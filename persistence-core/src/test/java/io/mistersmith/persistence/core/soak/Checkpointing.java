package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes an agent that this life of the actor alone knows, makes a checkpoint, changes the agent,
 * goes back, and gives the content to another one: both have exactly what the checkpoint has. Now
 * and then old checkpoints go; the others are there in the end.
 */
final class Checkpointing implements Operation {

  private static final Duration WITHIN = Duration.ofSeconds(10);
  private static final int KEYS = 4;

  private final Map<String, String> written = new TreeMap<>();
  private boolean registered;

  @Override
  public void run(Actor actor) {
    actor.tolerate(() -> cycle(actor));
  }

  private void cycle(Actor actor) {
    AgentId agent = World.id("kept " + actor.replica());
    AgentId other = World.id("forked " + actor.replica());
    if (!registered) {
      List.of(agent, other)
          .forEach(id -> actor.persistence().agents().save(Agent.of(id, "soak", "checkpointed")));
      registered = true;
    }
    write(actor, agent);
    Map<String, String> kept = Map.copyOf(written);
    Checkpoints checkpoints = actor.persistence().checkpoints();
    Checkpoint made =
        checkpoints.create(
            agent,
            (actor.random().nextBoolean() ? CheckpointOptions.full() : CheckpointOptions.changes())
                .withDeadline(WITHIN));
    actor.ledgerWriter().checkpoint(made.id(), kept);
    write(actor, agent);
    checkpoints.restore(made.id(), WITHIN);
    written.clear();
    written.putAll(kept);
    expect(actor, agent, kept);
    checkpoints.fork(made.id(), other, ForkOptions.replacing(WITHIN));
    expect(actor, other, kept);
    if (actor.random().nextInt(3) == 0) {
      forgetSome(actor, checkpoints, agent);
    }
  }

  /** Writes every key again and deletes one, so that nothing of a failed call remains. */
  private void write(Actor actor, AgentId agent) {
    StateRepository<String> states = actor.repository(Space.OWNED);
    int gone = actor.random().nextInt(KEYS);
    for (int i = 0; i < KEYS; i++) {
      StateKey key = StateKey.of(agent, "c" + i);
      if (i == gone) {
        states.delete(key);
        written.remove(key.key());
      } else {
        String write = actor.newWrite();
        states.save(key, actor.value(write));
        written.put(key.key(), write);
      }
    }
  }

  private static void expect(Actor actor, AgentId agent, Map<String, String> kept) {
    StateRepository<String> states = actor.repository(Space.OWNED);
    Map<String, String> found = new TreeMap<>();
    for (int i = 0; i < KEYS; i++) {
      StateKey key = StateKey.of(agent, "c" + i);
      states.find(key).ifPresent(version -> found.put(key.key(), Actor.idOf(version.value())));
    }
    if (!found.equals(kept)) {
      Kind kind = found.keySet().containsAll(kept.keySet()) ? Kind.BACKWARD : Kind.LOST;
      actor.ledgerWriter().seen(new Fault(kind, agent + ": restored " + kept + ", found " + found));
    }
  }

  /**
   * Says first which may go. A call that failed may have made a checkpoint later than the list was
   * read; it takes the place of one that would stay.
   */
  private static void forgetSome(Actor actor, Checkpoints checkpoints, AgentId agent)
      throws PersistenceException {
    List<Checkpoint> old = checkpoints.list(agent);
    old.stream().skip(2).forEach(each -> actor.ledgerWriter().checkpointMayGo(each.id()));
    boolean one = actor.random().nextBoolean() && old.size() > 4;
    if (one) {
      deleteUnlessNeeded(actor, checkpoints, old.get(old.size() - 1));
    } else {
      checkpoints.prune(agent, PruneRule.keepLatest(4));
    }
  }

  private static void deleteUnlessNeeded(Actor actor, Checkpoints checkpoints, Checkpoint oldest) {
    try {
      boolean unused = checkpoints.delete(oldest.id());
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.CONSTRAINT_VIOLATION) {
        throw e;
      }
      actor.ledgerWriter().tolerated("DeleteNeededCheckpoint", e.error());
    }
  }
}
