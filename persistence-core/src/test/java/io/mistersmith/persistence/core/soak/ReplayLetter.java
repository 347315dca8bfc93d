package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import java.time.Duration;
import java.util.Optional;

/**
 * Replays dead letters: of the agent that nobody registers, which PostgreSQL refuses again; or of
 * one that is registered late, whose entry PostgreSQL has from then on.
 */
final class ReplayLetter implements Operation {

  private static final int SEARCHED = 200;
  private static final Duration REFUSED_WITHIN = Duration.ofSeconds(5);

  private int agents;

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> {
          if (actor.random().nextInt(4) == 0) {
            late(actor);
          } else {
            refusedAgain(actor);
          }
        });
  }

  private static void refusedAgain(Actor actor) {
    DeadLetters letters = actor.persistence().operations().deadLetters();
    Optional<DeadLetter> letter =
        letters.open(SEARCHED).stream()
            .filter(each -> isOf(each, World.UNREGISTERED))
            .skip(actor.random().nextInt(20))
            .findFirst();
    if (letter.isEmpty()) {
      return;
    }
    try {
      if (letters.replay(letter.get().id())) {
        String what = letter.get().subject() + ": replayed, though nobody owns it";
        actor.ledgerWriter().seen(new Fault(Kind.LOST, what));
      }
    } catch (PersistenceException e) {
      if (e.error() != DataError.CONSTRAINT_VIOLATION) {
        throw e;
      }
    }
  }

  private static boolean isOf(DeadLetter letter, AgentId agent) {
    return letter.key().filter(key -> key.agent().equals(agent)).isPresent();
  }

  /** An agent that this life of the actor alone knows, registered after its first entry. */
  private void late(Actor actor) {
    AgentId agent = World.id("late " + actor.replica() + ++agents);
    StateKey key = StateKey.of(agent, "k");
    Versioned<String> saved =
        actor.repository(Space.REFUSED).save(key, actor.value(actor.newWrite()));
    try {
      actor.repository(Space.REFUSED).awaitDurable(key, saved.revision(), REFUSED_WITHIN);
      actor.ledgerWriter().seen(new Fault(Kind.LOST, key + ": durable, though nobody owns it"));
    } catch (PersistenceException e) {
      if (e.error() != DataError.DEAD_LETTERED) {
        throw e;
      }
    }
    Versioned<Agent> registered =
        actor.persistence().agents().save(Agent.of(agent, "soak", "registered late"));
    DeadLetters letters = actor.persistence().operations().deadLetters();
    letters.open(SEARCHED).stream()
        .filter(each -> isOf(each, registered.value().id()))
        .findFirst()
        .filter(letter -> letters.replay(letter.id()))
        .ifPresent(letter -> actor.durable(key, saved.revision()));
  }
}
