package io.mistersmith.persistence.core.soak;

/** A save of a document that every later reader can check by itself. */
final class SaveSpecimen implements Operation {

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> actor.documents().save(actor.specimen(actor.owner()), Specimen.of(actor.random())));
  }
}
