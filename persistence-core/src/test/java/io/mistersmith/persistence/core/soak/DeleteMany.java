package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Several deletes in one call. */
record DeleteMany(Space space) implements Operation {

  private record Begun(String write, Floor before) {}

  @Override
  public void run(Actor actor) {
    Map<StateKey, Begun> begun = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      StateKey key = actor.key(space);
      begun.computeIfAbsent(
          key,
          k -> {
            String write = actor.newWrite();
            return new Begun(write, actor.intend(write, space, key, Effect.DELETE));
          });
    }
    Map<StateKey, DataResult<Optional<Revision>>> rows =
        actor.repository(space).deleteAll(begun.keySet());
    begun.forEach(
        (key, one) -> {
          DataResult<Optional<Revision>> row = rows.get(key);
          if (row instanceof DataResult.Success<Optional<Revision>> success) {
            actor.deleted(one.write(), space, key, success.value());
          } else if (row instanceof DataResult.Failure<Optional<Revision>> failure) {
            actor.failed(one.write(), key, one.before(), failure.cause());
          } else {
            throw new IllegalStateException("no row of " + key);
          }
        });
  }
}
