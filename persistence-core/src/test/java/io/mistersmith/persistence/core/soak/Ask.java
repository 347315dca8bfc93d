package io.mistersmith.persistence.core.soak;

import java.time.Duration;
import java.util.UUID;

/** Looks at what the library keeps of agents, and hydrates or flushes one. */
final class Ask implements Operation {

  @Override
  public void run(Actor actor) {
    String agent = actor.anyOwner();
    actor.tolerate(
        () -> {
          switch (actor.random().nextInt(6)) {
            case 0 -> actor.persistence().lifecycle().hydrate(agent);
            case 1 -> actor.persistence().lifecycle().flush(agent, Duration.ofSeconds(5));
            case 2 -> actor.persistence().lifecycle().state(agent);
            case 3 -> actor.persistence().deadLetters().open(5);
            case 4 -> actor.persistence().agents().lastHeartbeat(UUID.fromString(agent));
            default -> actor.persistence().lifecycleEvents().list(UUID.fromString(agent), 5);
          }
        });
  }
}
