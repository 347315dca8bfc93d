package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Lifecycle events of agents, in memory. */
final class MemoryLifecycleEventStore implements LifecycleEventStore {

  /** Of one time by the bytes of the ids, which {@code UUID.compareTo} does not go by. */
  private static final Comparator<LifecycleEvent> LATEST_FIRST =
      Comparator.comparing(LifecycleEvent::at)
          .thenComparing(event -> event.id().toString())
          .reversed();

  private final Session session;

  MemoryLifecycleEventStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean record(LifecycleEvent event) {
    return session.call(
        tables -> {
          if (tables.events.contains(new Content.EventId(event.id(), event.at()))) {
            return false;
          }
          boolean registered =
              tables.agents.refer(event.agent())
                  && event.triggeredBy().map(tables.agents::refer).orElse(true);
          if (!registered) {
            throw new NonTransientPersistenceException(
                DataError.CONSTRAINT_VIOLATION,
                "event %s of agent %s: SQLSTATE 23503, an agent that it names is not registered"
                    .formatted(event.type(), event.agent()));
          }
          tables.record(event);
          return true;
        });
  }

  @Override
  public List<LifecycleEvent> list(AgentId agent, Optional<Instant> since, int limit) {
    AgentId unused = agent.requireRegistered("lifecycle events");
    return session.call(
        tables -> {
          // Recorded later, listed first, also where the clock stood still.
          List<LifecycleEvent> latestFirst = new ArrayList<>(tables.events.all().toList());
          Collections.reverse(latestFirst);
          return latestFirst.stream()
              .filter(event -> event.agent().equals(agent))
              .filter(event -> since.map(from -> !event.at().isBefore(from)).orElse(true))
              .sorted(Comparator.comparing(LifecycleEvent::at).reversed())
              .limit(limit)
              .toList();
        });
  }

  @Override
  public List<LifecycleEvent> find(EventQuery query) {
    return session.call(
        tables ->
            tables
                .events
                .all()
                .filter(event -> query.type().map(event.type()::equals).orElse(true))
                .filter(
                    event ->
                        query
                            .newStatus()
                            .map(status -> event.newStatus().equals(Optional.of(status)))
                            .orElse(true))
                .filter(event -> query.since().map(at -> !event.at().isBefore(at)).orElse(true))
                .filter(
                    event ->
                        query
                            .after()
                            .map(after -> LATEST_FIRST.compare(event, after) > 0)
                            .orElse(true))
                .sorted(LATEST_FIRST)
                .limit(query.limit())
                .toList());
  }
}
