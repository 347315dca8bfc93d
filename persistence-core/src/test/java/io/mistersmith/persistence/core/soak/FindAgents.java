package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.core.soak.Floors.Presence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.ArrayList;
import java.util.List;

/**
 * All agents that actors save, found by their type while they are saved: each once, in the order of
 * their ids, and this actor's own among them.
 */
final class FindAgents implements Operation {

  private static final AgentQuery SAVED = AgentQuery.all().withType("soak").withLimit(3);

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> {
          StateKey own = actor.key(Space.REGISTRY);
          boolean expected = actor.floors().of(own).presence() == Presence.CERTAIN;
          List<AgentId> found = all(actor);
          List<AgentId> ordered =
              found.stream()
                  .distinct()
                  .sorted((one, other) -> one.toString().compareTo(other.toString()))
                  .toList();
          if (!found.equals(ordered)) {
            actor
                .ledgerWriter()
                .seen(new Fault(Kind.BACKWARD, "agents found twice or out of order: " + found));
          }
          if (expected && !found.contains(actor.savedAgent())) {
            actor
                .ledgerWriter()
                .seen(new Fault(Kind.STALE_OWN_READS, own + ": saved, not found by its type"));
          }
        });
  }

  private static List<AgentId> all(Actor actor) {
    List<AgentId> found = new ArrayList<>();
    List<AgentId> page = page(actor, SAVED);
    while (page.size() == SAVED.limit()) {
      found.addAll(page);
      page = page(actor, SAVED.after(page.get(page.size() - 1)));
    }
    found.addAll(page);
    return found;
  }

  private static List<AgentId> page(Actor actor, AgentQuery query) {
    return actor.persistence().agents().find(query).stream()
        .map(agent -> agent.value().id())
        .toList();
  }
}
