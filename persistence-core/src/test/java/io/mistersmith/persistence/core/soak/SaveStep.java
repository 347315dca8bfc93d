package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Several saves that are made together. */
record SaveStep(Space space) implements Operation {

  private static final int KEYS = 3;

  @Override
  public void run(Actor actor) {
    StateType<String> type = StateType.untyped(String.class);
    Step step = actor.persistence().step();
    Map<StateKey, String> values = new LinkedHashMap<>();
    Map<StateKey, Floor> before = new HashMap<>();
    while (values.size() < KEYS) {
      StateKey key = actor.key(space);
      if (!values.containsKey(key)) {
        String write = actor.newWrite();
        before.put(key, actor.intend(write, space, key, Effect.SAVE));
        values.put(key, actor.value(write));
        step.save(type, key, values.getOrDefault(key, ""));
      }
    }
    try {
      Step.Committed done = step.commit();
      values.forEach(
          (key, value) ->
              actor.saved(
                  Actor.idOf(value),
                  space,
                  key,
                  Effect.SAVE,
                  new Versioned<>(
                      value,
                      done.revision(type, key),
                      Instant.EPOCH,
                      StorageLayer.DISTRIBUTED_KV,
                      Optional.empty())));
    } catch (PersistenceException e) {
      values.forEach(
          (key, value) ->
              actor.failed(
                  Actor.idOf(value), key, before.getOrDefault(key, actor.floors().of(key)), e));
    }
  }
}
