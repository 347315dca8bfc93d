package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.lifecycle.LifecycleEvents;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** Records an event of the actor's agent, which is listed from then on, and is recorded once. */
final class RecordEvent implements Operation {

  private static final String TYPE = "soaked";

  @Override
  public void run(Actor actor) {
    UUID agent = UUID.fromString(actor.owner());
    Map<String, Object> data = Map.of("write", actor.newWrite());
    LifecycleEvent event = LifecycleEvent.of(agent, TYPE, data, Instant.now());
    actor.tolerate(
        () -> {
          LifecycleEvents events = actor.persistence().lifecycleEvents();
          if (!events.record(event)) {
            actor.scribe().seen(new Fault(Kind.LOST, event + ": not recorded"));
          }
          if (events.record(event)) {
            actor.scribe().seen(new Fault(Kind.BACKWARD, event + ": recorded twice"));
          }
          if (!events.list(agent, event.at(), 100).contains(event)) {
            actor.scribe().seen(new Fault(Kind.LOST, event + ": recorded, not listed"));
          }
        });
  }
}
