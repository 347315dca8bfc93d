package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Several reads in one call. */
record FindMany(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    Map<StateKey, Floor> floors = new LinkedHashMap<>();
    for (int i = 0; i < 6; i++) {
      StateKey key = actor.key(space);
      floors.put(key, actor.floors().of(key));
    }
    Map<StateKey, DataResult<Optional<Versioned<String>>>> rows =
        actor.repository(space).findAll(floors.keySet());
    floors.forEach(
        (key, floor) -> {
          if (rows.get(key) instanceof DataResult.Success<Optional<Versioned<String>>> success) {
            actor.judge(key, floor, success.value());
          } else if (rows.get(key)
              instanceof DataResult.Failure<Optional<Versioned<String>>> failure) {
            PersistenceException unused = actor.tolerated(failure.cause());
          }
        });
  }
}
