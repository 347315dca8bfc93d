package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Saves an agent that this life of the actor alone knows, records an event and makes a checkpoint
 * in one transaction: all three are there afterwards, or none.
 */
final class CommitTogether implements Operation {

  private static final Duration WITHIN = Duration.ofSeconds(4);
  private static final TransactionOptions LOOK =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "look at an agent").readOnly().build();

  private boolean registered;

  @Override
  public void run(Actor actor) {
    actor.tolerate(() -> commit(actor));
  }

  private void commit(Actor actor) {
    Persistence persistence = actor.persistence();
    AgentId agent = World.id("together " + actor.replica());
    if (!registered) {
      persistence.agents().save(Agent.of(agent, "soak", "none"));
      registered = true;
    }
    String write = actor.newWrite();
    actor
        .repository(Space.OWNED)
        .save(
            StateKey.of(agent, "k"),
            actor.value(write),
            SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
    LifecycleEvent event =
        LifecycleEvent.of(agent, "together", Map.of("write", write), Instant.now());
    AtomicReference<@Nullable Checkpoint> made = new AtomicReference<>();
    TransactionOptions options =
        TransactionOptions.builder(Boundary.AGENT_TASK, "commit together")
            .agent(agent)
            .shared(true)
            .correlationId(write)
            .timeout(WITHIN)
            .build();
    Outcome outcome =
        Outcome.of(
            actor,
            options,
            tx -> {
              tx.agents().save(Agent.of(agent, "soak", write));
              boolean unused = tx.lifecycleEvents().record(event);
              made.set(
                  tx.checkpoints().create(agent, CheckpointOptions.full().withDeadline(WITHIN)));
            });
    if (outcome == Outcome.UNKNOWN) {
      return;
    }
    Optional<UUID> checkpoint = Optional.ofNullable(made.get()).map(Checkpoint::id);
    expect(actor, agent, write, outcome, "agent", isNamed(persistence, agent, write));
    expect(
        actor,
        agent,
        write,
        outcome,
        "event",
        persistence.lifecycleEvents().list(agent, event.at(), 100).contains(event));
    if (checkpoint.isPresent()) {
      UUID id = checkpoint.get();
      if (outcome.isCommitted()) {
        actor.ledgerWriter().checkpoint(id, Map.of("k", write));
      }
      expect(
          actor,
          agent,
          write,
          outcome,
          "checkpoint",
          persistence.checkpoints().find(id).isPresent());
      expect(
          actor,
          agent,
          write,
          outcome,
          "listed checkpoint",
          persistence.checkpoints().list(agent).stream().anyMatch(each -> each.id().equals(id)));
    }
    if (outcome == Outcome.COMMITTED) {
      expect(
          actor,
          agent,
          write,
          outcome,
          "agent in the registry",
          persistence.agents().find(agent).filter(read -> named(read.value(), write)).isPresent());
    }
  }

  private static boolean isNamed(Persistence persistence, AgentId agent, String write) {
    return persistence
        .transactions()
        .run(LOOK, tx -> tx.agents().find(agent))
        .filter(read -> named(read.value(), write))
        .isPresent();
  }

  private static boolean named(Agent agent, String write) {
    return agent.name().equals(write);
  }

  private static void expect(
      Actor actor, AgentId agent, String write, Outcome outcome, String what, boolean found) {
    if (found != outcome.isCommitted()) {
      actor
          .ledgerWriter()
          .seen(
              new Fault(
                  found ? Kind.RESURRECTED : Kind.LOST,
                  "%s: transaction %s is %s, its %s is %s"
                      .formatted(agent, write, outcome, what, found ? "there" : "not there")));
    }
  }
}
