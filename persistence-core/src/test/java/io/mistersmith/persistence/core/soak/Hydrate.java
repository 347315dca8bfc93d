package io.mistersmith.persistence.core.soak;

/** Brings all of an agent's entries into KV. */
final class Hydrate implements Operation {

  @Override
  public void run(Actor actor) {
    String agent = actor.random().nextBoolean() ? actor.owner() : World.SHARED.toString();
    actor.tolerate(
        () -> {
          int unused = actor.repository(Space.OWNED).hydrate(agent);
        });
  }
}
