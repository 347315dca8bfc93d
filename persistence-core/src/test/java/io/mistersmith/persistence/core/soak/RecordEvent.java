package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Map;

/** Records an event of the actor's agent, which is listed from then on, and is recorded once. */
final class RecordEvent implements Operation {

  private static final String TYPE = "soaked";

  @Override
  public void run(Actor actor) {
    AgentId agent = actor.owner();
    Map<String, Object> data = Map.of("write", actor.newWrite());
    LifecycleEvent event = LifecycleEvent.of(agent, TYPE, data, Instant.now());
    actor.tolerate(
        () -> {
          LifecycleEvents events = actor.persistence().lifecycleEvents();
          if (!events.record(event)) {
            actor.ledgerWriter().seen(new Fault(Kind.LOST, event + ": not recorded"));
          }
          if (events.record(event)) {
            actor.ledgerWriter().seen(new Fault(Kind.BACKWARD, event + ": recorded twice"));
          }
          if (!events.list(agent, event.at(), 100).contains(event)) {
            actor.ledgerWriter().seen(new Fault(Kind.LOST, event + ": recorded, not listed"));
          }
        });
  }
}
