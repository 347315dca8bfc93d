package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard.Answer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A read of what KV alone has, with the latest answer in its place while NATS is away: that is this
 * actor's latest one, and the fixed value is given only where there never was one.
 */
final class FindGuarded implements Operation {

  private static final Duration ANY_AGE = Duration.ofHours(1);

  private final Map<StateKey, Optional<Versioned<String>>> latest = new HashMap<>();

  @Override
  public void run(Actor actor) {
    actor.tolerate(() -> find(actor, actor.key(Space.SESSION)));
  }

  private void find(Actor actor, StateKey key) {
    Floor floor = actor.floors().of(key);
    List<Fallback<Optional<Versioned<String>>>> fallbacks =
        List.of(Fallback.cached(actor.replica() + key, ANY_AGE), Fallback.value(Optional.empty()));
    Answer<Optional<Versioned<String>>> answer =
        actor
            .persistence()
            .guard()
            .call("soaked find", () -> actor.repository(Space.SESSION).find(key), fallbacks);
    answer
        .cause()
        .filter(cause -> !cause.isTransient())
        .ifPresent(cause -> actor.ledgerWriter().unexpected("guarded find: " + cause));
    actor
        .ledgerWriter()
        .counted("guarded find " + answer.fallback().map(Enum::name).orElse("fresh"));
    if (answer.isFresh()) {
      actor.judge(key, floor, answer.value());
      latest.put(key, answer.value());
    } else if (!answer.value().equals(latest.getOrDefault(key, Optional.empty()))) {
      actor
          .ledgerWriter()
          .seen(
              new Fault(
                  Kind.STALE_OWN_READS,
                  "%s: a fallback answered %s, the latest answer was %s"
                      .formatted(key, answer, latest.get(key))));
    }
  }
}
