package io.mistersmith.persistence.core.soak;

import java.util.UUID;

/** Says that an agent is alive. */
final class Heartbeat implements Operation {

  @Override
  public void run(Actor actor) {
    actor.persistence().agents().heartbeat(UUID.fromString(actor.owner()));
  }
}
