package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.crdt.PnCounter;

/** One more. */
final class CountUp implements Operation {

  private final CrdtChange<PnCounter> counters =
      new CrdtChange<>(PnCounter.class, PnCounter.empty());

  @Override
  public void run(Actor actor) {
    String write = actor.newWrite();
    counters.make(
        actor,
        Space.COUNTER,
        actor.key(Space.COUNTER),
        write,
        Effect.SAVE,
        count -> count.add(actor.replica(), 1));
  }
}
