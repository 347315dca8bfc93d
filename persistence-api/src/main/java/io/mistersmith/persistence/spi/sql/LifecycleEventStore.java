package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Lifecycle events of agents, in the durable store. Thread-safe. */
public interface LifecycleEventStore {

  /** See {@link io.mistersmith.persistence.agent.LifecycleEvents#record}. */
  boolean record(LifecycleEvent event);

  /** The agent's events from {@code since} on, latest first. */
  @SqlAccess.Read
  List<LifecycleEvent> list(AgentId agent, Optional<Instant> since, int limit);

  /** The events that the query selects, latest first, and of one time the higher id first. */
  @SqlAccess.Read
  List<LifecycleEvent> find(EventQuery query);
}
