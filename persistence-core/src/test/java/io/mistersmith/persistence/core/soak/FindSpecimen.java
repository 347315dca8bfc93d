package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;

/** A read of any actor's document: its value is the saved one, whichever layer answers. */
final class FindSpecimen implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.specimen(actor.anyOwner());
    actor.tolerate(
        () ->
            actor
                .documents()
                .find(key)
                .ifPresent(
                    read -> {
                      actor.ledgerWriter().compared(read.layer());
                      Specimen.judge(key + " from " + read.layer(), read.value())
                          .ifPresent(actor.ledgerWriter()::seen);
                    }));
  }
}
