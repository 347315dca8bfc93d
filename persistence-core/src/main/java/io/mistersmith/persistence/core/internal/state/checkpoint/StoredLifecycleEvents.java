package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import io.mistersmith.persistence.spi.sql.SqlStore.OldReads;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The events of the durable store. */
public final class StoredLifecycleEvents implements LifecycleEvents {

  private final LifecycleEventStore store;
  private final OldReads reads;

  /** Records in {@code store}, and lists what {@code reads} has. */
  public StoredLifecycleEvents(LifecycleEventStore store, OldReads reads) {
    this.store = store;
    this.reads = reads;
  }

  @Override
  public List<LifecycleEvent> list(AgentId agent, int limit) {
    return reads.lifecycleEvents(agent, Optional.empty(), limit);
  }

  @Override
  public List<LifecycleEvent> list(AgentId agent, Instant since, int limit) {
    return reads.lifecycleEvents(agent, Optional.of(since), limit);
  }

  @Override
  public List<LifecycleEvent> find(EventQuery query) {
    // A page from an older replica than that of the page before would lack events of both.
    return query.after().isPresent() ? store.find(query) : reads.lifecycleEvents(query);
  }

  @Override
  public boolean record(LifecycleEvent event) {
    return store.record(event);
  }
}
