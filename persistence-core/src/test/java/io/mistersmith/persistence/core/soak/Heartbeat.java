package io.mistersmith.persistence.core.soak;

/** Says that an agent is alive. */
final class Heartbeat implements Operation {

  @Override
  public void run(Actor actor) {
    actor.persistence().agents().heartbeat(actor.owner());
  }
}
