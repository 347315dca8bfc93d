package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Several saves without waiting, then the wait for all. */
record SavePipelined(Space space) implements Operation {

  private static final int BATCH = 32;

  private record Begun(String write, Floor before, CompletableFuture<Versioned<String>> saved) {}

  @Override
  public void run(Actor actor) {
    Map<StateKey, Begun> begun = new LinkedHashMap<>();
    for (int i = 0; i < BATCH; i++) {
      begun.computeIfAbsent(actor.key(space), key -> begin(actor, key));
    }
    begun.forEach(
        (key, one) -> {
          try {
            actor.saved(one.write(), space, key, Effect.SAVE, one.saved().join());
          } catch (CompletionException e) {
            actor.failed(one.write(), key, one.before(), e);
          }
        });
  }

  private Begun begin(Actor actor, StateKey key) {
    String write = actor.newWrite();
    Floor before = actor.intend(write, space, key, Effect.SAVE);
    return new Begun(
        write,
        before,
        actor.repository(space).saveAsync(key, actor.value(write), SaveOptions.unconditional()));
  }
}
