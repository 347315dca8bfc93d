package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.session.SessionUpkeep;
import io.mistersmith.persistence.core.internal.session.StoredSessions;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Sessions, wired: rows in PostgreSQL, and copies in the bucket SESSION_DATA. */
final class SessionArea {

  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final StoredSessions sessions;
  private final SessionUpkeep upkeep;
  private final PeriodicService service;
  private final AtomicBoolean used = new AtomicBoolean();

  /** Whether KV may have forgotten revocations; at the beginning nobody knows. */
  private final AtomicBoolean again = new AtomicBoolean(true);

  SessionArea(EngineContext engine) {
    this.sessions =
        new StoredSessions(
            engine.stores().sql().sessions(),
            engine.owners().open(Bucket.SESSION_DATA),
            engine.stores().hot().clock(),
            engine.sealings().of(DataType.SESSION_DATA));
    this.upkeep =
        new SessionUpkeep(engine.stores().sql().on(PostgresRole.BACKGROUND).sessions(), sessions);
    this.service =
        engine
            .services()
            .every(
                PERIOD, "persistence-sessions", "KV may not know of revoked sessions", this::turn);
    engine.stores().hot().onReconnect(this::tellAgain);
  }

  private void tellAgain() {
    again.set(true);
    service.wake();
  }

  /** Each runtime that uses sessions does what others did not get to: one may have been killed. */
  private void turn() {
    if (!again.getAndSet(false)) {
      upkeep.publishMissing();
    } else if (!upkeep.publishAgain()) {
      again.set(true);
    }
  }

  /** The upkeep begins at the first use, with what a process that was killed has left. */
  StoredSessions sessions() {
    if (used.compareAndSet(false, true)) {
      service.start();
      service.wake();
    }
    return sessions;
  }

  /** Publishes at once that the sessions of deleted agents are revoked. */
  void agentsDeleted() {
    upkeep.publishMissing();
  }
}
