package io.mistersmith.persistence.core.soak;

/** Something that an application does, with all that it was promised checked or noted. */
@FunctionalInterface
interface Operation {

  /**
   * Does it once. Failures that the interface promises are the actor's to take; anything else ends
   * the soak.
   */
  void run(Actor actor);
}
