package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What has happened to agents, in the durable store. Thread-safe. */
public interface LifecycleEventStore {

  /** See {@link io.mistersmith.persistence.lifecycle.LifecycleEvents#record}. */
  boolean record(LifecycleEvent event);

  /** The agent's events from {@code since} on, latest first. */
  List<LifecycleEvent> list(UUID agent, Optional<Instant> since, int limit);
}
