package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.event.Announcements;
import io.mistersmith.persistence.core.internal.event.ChangeRelay;
import io.mistersmith.persistence.core.internal.event.FeedUpkeep;
import io.mistersmith.persistence.core.internal.event.OutboxChangeFeed;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.PersistenceEvent.LifecycleChanged;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.stream.Streams;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The feed of committed changes, wired. Where the set of scripts is not applied, a runtime looks
 * for it now and then, and does nothing else.
 */
final class EventArea {

  private static final Logger LOG = LoggerFactory.getLogger(EventArea.class);

  private static final String TOPIC = "changes";

  /** As often as buckets are looked at, so that it costs no wake-up of its own. */
  private static final Duration LOOK = Duration.ofSeconds(30);

  private static final Duration TEND = Duration.ofSeconds(2);

  /** A commit so shortly after a signal is found by the look that follows each batch. */
  private static final long BETWEEN_SIGNALS_NANOS = Duration.ofMillis(10).toNanos();

  private final HotStore hot;
  private final OutboxStore outbox;
  private final boolean publishing;
  private final ChangeRelay relay;
  private final FeedUpkeep upkeep;
  private final Announcements announcements;
  private final OutboxChangeFeed changes;
  private final PeriodicService signaller;
  private final PeriodicService announcer;
  private final PeriodicService tender;
  private final PeriodicService search;
  private final AtomicBoolean installed = new AtomicBoolean();
  private final AtomicLong signalled = new AtomicLong(System.nanoTime() - BETWEEN_SIGNALS_NANOS);

  EventArea(EngineContext engine, Streams streams) {
    SqlAccess background = engine.stores().sql().on(PostgresRole.BACKGROUND);
    this.hot = engine.stores().hot();
    this.outbox = background.outbox();
    this.publishing = engine.config().changeFeed().publishing();
    // The relay has pauses of its own after a failure, and must not wait for a breaker.
    StreamStore unguarded = engine.stores().unguarded().hot().streams();
    this.relay =
        new ChangeRelay(
            outbox,
            new Lease(
                background.journals(),
                ChangeRelay.LEASE,
                engine.config().runtimeName() + "-" + UUID.randomUUID(),
                engine.config().changeFeed().leaseDuration()),
            unguarded,
            engine.config().changeFeed(),
            engine.listener(),
            hot.clock(),
            engine.services());
    this.upkeep = new FeedUpkeep(outbox, relay, engine.config().changeFeed().alarmAfter());
    this.changes =
        new OutboxChangeFeed(outbox, relay, streams, installed::get, publishing, engine.services());
    this.announcements = new Announcements(unguarded);
    this.announcer =
        engine
            .services()
            .onDemand(
                "persistence-announcements",
                "lifecycle and heartbeats of agents are not published",
                announcements::send);
    this.signaller =
        engine
            .services()
            .onDemand(
                "persistence-change-signal",
                "the runtime that publishes changes finds them by polling alone",
                () -> hot.signal(TOPIC));
    this.tender =
        engine
            .services()
            .every(
                TEND,
                "persistence-change-upkeep",
                "published changes stay in PostgreSQL",
                upkeep::tend);
    this.search =
        engine
            .services()
            .every(
                LOOK,
                "persistence-change-search",
                "this runtime does not notice that the set of scripts events is applied",
                this::look);
  }

  /** Returns whether the database of these stores has an outbox, as far as it can be asked. */
  static boolean isInstalled(Stores stores) {
    try {
      return stores.sql().outbox().isInstalled();
    } catch (PersistenceException e) {
      LOG.info("whether changes are to be published is found out later: {}", e.getMessage());
      return false;
    }
  }

  /** Begins. */
  void start(FeedEvents events) {
    events.bind(this);
    if (events.listens()) {
      begin();
    } else {
      search.start();
    }
  }

  private void look() {
    if (!installed.get() && outbox.isInstalled()) {
      begin();
      search.stop();
    }
  }

  private void begin() {
    hot.onSignal(TOPIC, relay::wake);
    signaller.start();
    announcer.start();
    tender.start();
    if (publishing) {
      relay.start();
    }
    installed.set(true);
  }

  /** Wakes the runtime that publishes: this one, or by a signal another. Does not wait. */
  void committed() {
    if (!installed.get()) {
      return;
    }
    if (relay.isPublishing()) {
      relay.wake();
      return;
    }
    long now = System.nanoTime();
    long last = signalled.get();
    if (now - last >= BETWEEN_SIGNALS_NANOS && signalled.compareAndSet(last, now)) {
      signaller.wake();
    }
  }

  /** Publishes a change of an agent's lifecycle, if there is time. Does not wait. */
  void lifecycle(LifecycleChanged change) {
    if (installed.get()) {
      announcements.lifecycle(change);
      announcer.wake();
    }
  }

  /** Publishes heartbeats, if there is time. Does not wait. */
  void heartbeats(Map<AgentId, Instant> written) {
    if (installed.get()) {
      announcements.heartbeats(written);
      announcer.wake();
    }
  }

  /** Returns whether the set of scripts is applied, as far as this runtime has noticed. */
  boolean isInstalled() {
    return installed.get();
  }

  ChangeFeed changes() {
    return changes;
  }

  /** Returns a sentence for an operator while the feed is late. */
  List<String> notices() {
    return upkeep.notices();
  }

  /** Stops publishing, within the time. */
  void close(Duration patience) {
    if (installed.get() && publishing) {
      relay.close(patience);
    }
  }
}
