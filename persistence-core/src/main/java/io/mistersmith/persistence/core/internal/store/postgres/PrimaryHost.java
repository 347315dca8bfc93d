package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.ServerIdentity.Sighting;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
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
  private final PrimaryMonitor monitor;
  private final LongSupplier nanoTime;

  /** By the user: where one is refused, another one may be let in. */
  private final Map<String, Opener> openers = new ConcurrentSkipListMap<>();

  private volatile Optional<Sighting> latest = Optional.empty();
  private volatile Optional<SQLException> failure = Optional.empty();
  private volatile boolean kept = true;
  private volatile boolean asked;
  private volatile boolean closed;
  private @Nullable PeriodicService service;

  // Opened and used by one turn at a time.
  private volatile @Nullable Connection connection;
  private long openedAt;

  PrimaryHost(HostAddress address, PrimaryMonitor monitor, LongSupplier nanoTime) {
    this.address = address;
    this.monitor = monitor;
    this.nanoTime = nanoTime;
  }

  /** Adds a way to ask it, unless there is one for this user. */
  void add(String user, Opener opener) {
    openers.putIfAbsent(user, opener);
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

  /** Returns why there was no answer when it was last asked; empty where there was one. */
  Optional<SQLException> failure() {
    return failure;
  }

  /** Returns the failure with which the server itself refused to answer. */
  Optional<SQLException> refusal() {
    return failure.filter(PrimaryHost::isRefusal);
  }

  void answered(Sighting sighting) {
    latest = Optional.of(sighting);
    failure = Optional.empty();
    asked = true;
  }

  void failed(SQLException thrown) {
    latest = Optional.empty();
    failure = Optional.of(thrown);
    asked = true;
  }

  /** Whether a server that runs refused the connection, so that it may well be the primary. */
  private static boolean isRefusal(SQLException thrown) {
    String state = thrown.getSQLState();
    return state != null && !state.startsWith("08") && !state.startsWith("57P");
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
      monitor.failed(this, e);
    }
    if (closed || !kept) {
      drop();
    }
  }

  private Connection connection() throws SQLException {
    Connection present = connection;
    if (present != null && nanoTime.getAsLong() - openedAt < KEPT.toNanos()) {
      return present;
    }
    Connection opened;
    try {
      opened = open();
    } catch (SQLException e) {
      if (present == null || !isRefusal(e)) {
        throw e;
      }
      // For want of connections, or of the password: the one that is open still knows.
      LOG.debug("PostgreSQL {} refuses another connection", address, e);
      openedAt = nanoTime.getAsLong();
      return present;
    }
    drop();
    connection = opened;
    openedAt = nanoTime.getAsLong();
    return opened;
  }

  private Connection open() throws SQLException {
    SQLException refused = new SQLException("nobody may ask " + address, "28000");
    for (Opener opener : openers.values()) {
      try {
        return opener.open();
      } catch (SQLException e) {
        if (!isRefusal(e)) {
          throw e;
        }
        refused = e;
      }
    }
    throw refused;
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
