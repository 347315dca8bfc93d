package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What has happened to agents. */
final class MemoryLifecycleEventStore implements LifecycleEventStore {

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryLifecycleEventStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public boolean record(LifecycleEvent event) {
    connection.checkSql();
    return database.transact(
        tables -> {
          boolean known =
              tables.events.stream()
                  .anyMatch(e -> e.id().equals(event.id()) && e.at().equals(event.at()));
          if (known) {
            return false;
          }
          boolean registered =
              tables.agents.containsKey(event.agent())
                  && event.triggeredBy().map(tables.agents::containsKey).orElse(true);
          if (!registered) {
            throw new NonTransientPersistenceException(
                DataError.CONSTRAINT_VIOLATION,
                "event %s of agent %s: SQLSTATE 23503, an agent that it names is not registered"
                    .formatted(event.type(), event.agent()));
          }
          return tables.events.add(event);
        });
  }

  @Override
  public List<LifecycleEvent> list(UUID agent, Optional<Instant> since, int limit) {
    connection.checkSql();
    return database.transact(
        tables -> {
          // Recorded later, listed first, also where the clock stood still.
          List<LifecycleEvent> latestFirst = new ArrayList<>(tables.events);
          Collections.reverse(latestFirst);
          return latestFirst.stream()
              .filter(event -> event.agent().equals(agent))
              .filter(event -> since.map(from -> !event.at().isBefore(from)).orElse(true))
              .sorted(Comparator.comparing(LifecycleEvent::at).reversed())
              .limit(limit)
              .toList();
        });
  }
}
