package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;

/** Looks at what the library keeps of agents, and hydrates or flushes one. */
final class Ask implements Operation {

  @Override
  public void run(Actor actor) {
    AgentId agent = actor.anyOwner();
    actor.tolerate(
        () -> {
          switch (actor.random().nextInt(6)) {
            case 0 -> actor.persistence().lifecycle().hydrate(agent);
            case 1 -> actor.persistence().lifecycle().flush(agent, Duration.ofSeconds(5));
            case 2 -> actor.persistence().lifecycle().state(agent);
            case 3 -> actor.persistence().operations().deadLetters().open(5);
            case 4 -> actor.persistence().agents().lastHeartbeat(agent);
            default -> actor.persistence().lifecycleEvents().list(agent, 5);
          }
        });
  }
}
