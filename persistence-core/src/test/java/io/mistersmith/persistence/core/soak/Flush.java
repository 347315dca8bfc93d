package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;

/** Has a key or an agent flushed at once. */
final class Flush implements Operation {

  private static final Duration DEADLINE = Duration.ofSeconds(5);

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(Space.OWNED);
    actor.tolerate(
        () -> {
          if (actor.random().nextBoolean()) {
            actor.repository(Space.OWNED).flush(key, DEADLINE);
          } else {
            actor.persistence().lifecycle().flush(key.agent(), DEADLINE);
          }
        });
  }
}
