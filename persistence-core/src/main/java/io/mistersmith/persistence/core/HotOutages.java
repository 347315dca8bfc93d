package io.mistersmith.persistence.core;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.Outage;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tells the application and its operator when the hot store goes away and comes back. */
final class HotOutages {

  private final HotStore hot;
  private final PersistenceListener listener;
  private final AtomicReference<@Nullable Outage> told = new AtomicReference<>();

  HotOutages(HotStore hot, PersistenceListener listener) {
    this.hot = hot;
    this.listener = listener;
    hot.onOutage(this::began);
    hot.onReconnect(this::ended);
    began(); // before anyone listened
  }

  private void began() {
    Optional<Outage> outage = hot.outage();
    if (outage.isPresent() && told.compareAndSet(null, outage.get())) {
      listener.on(
          new PersistenceEvent.HotStoreChanged(true, outage.get().since(), outage.get().why()));
    }
  }

  /**
   * Reports the end of an outage, unless the store was lost again in the meantime. A loss while
   * this is reported is an outage of its own.
   */
  private void ended() {
    Outage over = hot.outage().isEmpty() ? told.getAndSet(null) : null;
    if (over != null) {
      listener.on(new PersistenceEvent.HotStoreChanged(false, over.since(), ""));
      began();
    }
  }

  /** Returns a sentence for an operator while the hot store is away. */
  List<String> notices() {
    return hot.outage().stream()
        .map(
            outage ->
                "NATS has been away since "
                    + outage.since()
                    + " ("
                    + outage.why()
                    + "): writes of data in NATS fail, reads of agent state are answered by"
                    + " PostgreSQL where it has what this runtime wrote and read; the connection is"
                    + " being retried")
        .toList();
  }
}
