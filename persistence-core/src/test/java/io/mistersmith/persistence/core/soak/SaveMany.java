package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Several saves in one call. */
record SaveMany(Space space) implements Operation {

  private static final int BATCH = 32;

  @Override
  public void run(Actor actor) {
    Map<StateKey, String> values = new LinkedHashMap<>();
    Map<StateKey, Floor> before = new HashMap<>();
    for (int i = 0; i < BATCH; i++) {
      StateKey key = actor.key(space);
      if (!values.containsKey(key)) {
        String write = actor.newWrite();
        before.put(key, actor.intend(write, space, key, Effect.SAVE));
        values.put(key, actor.value(write));
      }
    }
    actor
        .repository(space)
        .saveAll(values)
        .forEach((key, row) -> end(actor, key, values, before, row));
  }

  private void end(
      Actor actor,
      StateKey key,
      Map<StateKey, String> values,
      Map<StateKey, Floor> before,
      DataResult<Versioned<String>> row) {
    String write = Actor.idOf(values.getOrDefault(key, ""));
    if (row instanceof DataResult.Success<Versioned<String>> success) {
      actor.saved(write, space, key, Effect.SAVE, success.value());
    } else if (row instanceof DataResult.Failure<Versioned<String>> failure) {
      actor.failed(write, key, before.getOrDefault(key, actor.floors().of(key)), failure.cause());
    }
  }
}
