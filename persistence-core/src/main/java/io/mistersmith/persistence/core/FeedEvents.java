package io.mistersmith.persistence.core;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.Flushed;
import io.mistersmith.persistence.event.PersistenceEvent.LifecycleChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.StoreEvent.TransactionEnded;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings what the other areas do to the change feed, which is made after them: that something was
 * committed, and what agents do. Thread-safe.
 */
final class FeedEvents implements PersistenceListener {

  private static final Set<Class<? extends PersistenceEvent>> WANTED =
      Set.of(Flushed.class, TransactionEnded.class, LifecycleChanged.class);

  private final boolean listens;
  private volatile @Nullable EventArea area;

  /** Makes the events; {@code listens} says whether there is an outbox that may want them. */
  FeedEvents(boolean listens) {
    this.listens = listens;
  }

  /** Returns whether the outbox was there when the runtime was opened. */
  boolean listens() {
    return listens;
  }

  void bind(EventArea bound) {
    area = bound;
  }

  /** This runtime has committed something. Does not wait. */
  void committed() {
    EventArea bound = area;
    if (bound != null) {
      bound.committed();
    }
  }

  /** These heartbeats are in PostgreSQL. Does not wait. */
  void heartbeats(Map<AgentId, Instant> written) {
    EventArea bound = area;
    if (bound != null) {
      bound.heartbeats(written);
    }
  }

  @Override
  public void on(PersistenceEvent event) {
    EventArea bound = area;
    if (bound == null) {
      return;
    }
    if (event instanceof LifecycleChanged change) {
      bound.lifecycle(change);
    } else if (event instanceof Flushed
        || (event instanceof TransactionEnded ended && ended.committed())) {
      bound.committed();
    }
  }

  @Override
  public boolean wants(Class<? extends PersistenceEvent> kind) {
    return listens && WANTED.contains(kind);
  }
}
