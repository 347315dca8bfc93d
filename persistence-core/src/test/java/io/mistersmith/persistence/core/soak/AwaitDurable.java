package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;

/** A save, and the wait until PostgreSQL has it. */
final class AwaitDurable implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(Space.OWNED);
    StateRepository<String> states = actor.repository(Space.OWNED);
    actor
        .save(Space.OWNED, key, Effect.SAVE, value -> states.save(key, value))
        .ifPresent(saved -> await(actor, states, key, saved));
  }

  private static void await(
      Actor actor, StateRepository<String> states, StateKey key, Versioned<String> saved) {
    actor.tolerate(
        () -> {
          states.awaitDurable(key, saved.revision(), Duration.ofSeconds(5));
          actor.durable(key, saved.revision());
        });
  }
}
