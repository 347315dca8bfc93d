package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;

/** A read, and a save of what was read unless another was faster. */
record CompareAndSet(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    StateRepository<String> states = actor.repository(space);
    actor
        .read(key, states::find)
        .ifPresent(
            found ->
                actor.save(
                    space,
                    key,
                    Effect.SAVE,
                    value -> states.save(key, value, SaveOptions.at(found.revision()))));
  }
}
