package io.mistersmith.persistence.core.internal.checkpoint;

import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.lifecycle.LifecycleEvents;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The events of the durable store. */
public final class StoredLifecycleEvents implements LifecycleEvents {

  private final LifecycleEventStore store;

  /** Those of {@code store}. */
  public StoredLifecycleEvents(LifecycleEventStore store) {
    this.store = store;
  }

  @Override
  public List<LifecycleEvent> list(UUID agent, int limit) {
    return store.list(agent, Optional.empty(), limit);
  }

  @Override
  public List<LifecycleEvent> list(UUID agent, Instant since, int limit) {
    return store.list(agent, Optional.of(since), limit);
  }

  @Override
  public boolean record(LifecycleEvent event) {
    return store.record(event);
  }
}
