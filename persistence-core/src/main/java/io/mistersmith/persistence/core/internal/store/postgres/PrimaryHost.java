package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.ServerIdentity.Sighting;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that may be the primary: its latest answer, which is asked for by a connection of its
 * own, so that neither a used-up pool nor another server that is frozen delays it. Thread-safe.
 */
final class PrimaryHost {

  private static final Logger LOG = LoggerFactory.getLogger(PrimaryHost.class);

  private static final Duration STOP = Duration.ofSeconds(1);

  /** A name may lead elsewhere after a failover, so that a connection is not kept for long. */
  private static final Duration KEPT = Duration.ofSeconds(10);

  /** Opens a connection past the pools, which gives up soon. */
  interface Opener {
    Connection open() throws SQLException;
  }

  private final HostAddress address;
  private final Opener opener;
  private final PrimaryMonitor monitor;
  private volatile Optional<Sighting> latest = Optional.empty();
  private volatile boolean kept;
  private volatile boolean asked;
  private volatile boolean closed;
  private @Nullable PeriodicService service;

  // Opened and used by one turn at a time.
  private volatile @Nullable Connection connection;
  private long openedAt;

  PrimaryHost(HostAddress address, Opener opener, PrimaryMonitor monitor) {
    this.address = address;
    this.opener = opener;
    this.monitor = monitor;
  }

  HostAddress address() {
    return address;
  }

  /** Whether it was asked. */
  boolean isKnown() {
    return asked;
  }

  /** Returns what the server said when it was last asked; empty where it did not answer. */
  Optional<Sighting> latest() {
    return latest;
  }

  void note(Optional<Sighting> sighting) {
    latest = sighting;
    asked = true;
  }

  /** Whether it is a primary, as far as known, in the state {@code known}. */
  boolean isPrimaryOf(Optional<ServerIdentity> known) {
    return latest
        .filter(seen -> !seen.standby())
        .filter(seen -> seen.identity().isEmpty() || seen.identity().equals(known))
        .isPresent();
  }

  /** Whether it still accepts writes although another server was promoted. */
  boolean isFormerPrimaryOf(ServerIdentity known) {
    return latest.flatMap(Sighting::identity).filter(seen -> seen.isBefore(known)).isPresent();
  }

  void start(Services services, Duration period) {
    kept = period.compareTo(KEPT) < 0;
    PeriodicService probing =
        services.every(
            period,
            "persistence-primary-" + address,
            "a promotion or demotion of PostgreSQL " + address + " is noticed late",
            this::look);
    service = probing;
    probing.start();
  }

  /** Has the server asked at once. */
  void wake() {
    PeriodicService probing = service;
    if (probing != null) {
      probing.wake();
    }
  }

  /** Asks the server, and tells the monitor. */
  synchronized void look() {
    if (closed) {
      return;
    }
    try {
      boolean unused = monitor.saw(this, Sighting.of(connection()));
    } catch (SQLException e) {
      drop();
      monitor.silent(this, e);
    }
    if (closed || !kept) {
      drop();
    }
  }

  private Connection connection() throws SQLException {
    Connection present = connection;
    if (present != null && System.nanoTime() - openedAt < KEPT.toNanos()) {
      return present;
    }
    drop();
    Connection opened = opener.open();
    connection = opened;
    openedAt = System.nanoTime();
    return opened;
  }

  private void drop() {
    Connection present = connection;
    connection = null;
    if (present != null) {
      try {
        present.close();
      } catch (SQLException e) {
        LOG.debug("a connection to {} was not closed", address, e);
      }
    }
  }

  /** Stops asking; a question to a server that is frozen is given up. */
  void close() {
    closed = true;
    Connection present = connection;
    if (present != null) {
      try {
        present.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debug("a connection to {} was not closed", address, e);
      }
    }
    PeriodicService probing = service;
    if (probing != null) {
      boolean unused = probing.close(STOP);
    }
  }
}
