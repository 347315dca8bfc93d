package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.Optional;

/**
 * A save with rules for conflicts, sometimes based on what was read, sometimes an update.
 *
 * @param first the first of the two keys that have these rules
 */
record Resolve(int first, ConflictResolver<String> resolver) implements Operation {

  @Override
  public void run(Actor actor) {
    StateRepository<String> states =
        actor
            .persistence()
            .states(StateType.untyped(String.class).withRules(ConflictRules.of(resolver)));
    StateKey key = StateKey.of(World.SHARED, "r" + (first + actor.random().nextInt(2)));
    switch (actor.random().nextInt(3)) {
      case 0 -> save(actor, key, states, SaveOptions.unconditional());
      case 1 -> {
        Optional<Versioned<String>> read = actor.read(key, states::find);
        read.ifPresent(
            version -> save(actor, key, states, SaveOptions.unconditional().basedOn(version)));
      }
      default ->
          actor.save(
              Space.RESOLVED, key, Effect.SAVE, value -> states.update(key, present -> value));
    }
  }

  private static void save(
      Actor actor, StateKey key, StateRepository<String> states, SaveOptions options) {
    actor.save(Space.RESOLVED, key, Effect.SAVE, value -> states.save(key, value, options));
  }
}
