package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.core.internal.store.postgres.ServerIdentity.Sighting;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * Connects a pool to the primary among the servers of its URL, and remembers of each connection
 * whom it leads to. Thread-safe.
 *
 * <p>With several servers it goes straight to the one that the {@link PrimaryMonitor} knows: the
 * driver would ask them in their order, and wait for one that is frozen.
 */
final class PrimarySource extends PoolSource {

  /** A primary that is expected at any time; a pool that fails waits ever longer before it asks. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private final PrimaryMonitor monitor;
  private final RoleConfig role;
  private final String database;
  private final List<PrimaryHost> hosts;

  private PrimarySource(
      PrimaryMonitor monitor, RoleConfig role, Properties properties, String watchName) {
    super(role, withParameters(role.jdbcUrl(), properties));
    this.monitor = monitor;
    this.role = role;
    this.database = HostAddress.database(role.jdbcUrl(), role.user());
    this.hosts =
        HostAddress.of(role.jdbcUrl()).stream()
            .map(
                address ->
                    monitor.host(
                        address, role.user(), () -> probe(address, watchName, PROBE_LIMIT)))
            .toList();
  }

  /** Connects as the role says. Its servers are watched from now on. */
  static PrimarySource of(
      PrimaryMonitor monitor, PostgresRole named, RoleConfig role, String runtimeName) {
    DriverAccess.require(role);
    String name = PoolNames.name(named);
    return new PrimarySource(
        monitor,
        role,
        PoolSettings.driver(role, PoolNames.application(role, runtimeName, name)),
        PoolNames.application(role, runtimeName, "watch"));
  }

  /** Each server is connected to by an address of its own, which lacks the URL's parameters. */
  private static Properties withParameters(String jdbcUrl, Properties properties) {
    Properties all = new Properties();
    all.putAll(properties);
    Properties inUrl = Driver.parseURL(jdbcUrl, null);
    if (inUrl != null) {
      inUrl.stringPropertyNames().stream()
          .filter(name -> !isAddress(name))
          .forEach(name -> all.setProperty(name, inUrl.getProperty(name)));
    }
    return all;
  }

  private static boolean isAddress(String name) {
    return name.equals(PGProperty.PG_HOST.getName())
        || name.equals(PGProperty.PG_PORT.getName())
        || name.equals(PGProperty.PG_DBNAME.getName());
  }

  private Connection probe(HostAddress address, String application, Duration limit)
      throws SQLException {
    Properties quick = login(role.user(), password());
    String seconds = PoolSettings.seconds(limit);
    quick.setProperty("connectTimeout", seconds);
    quick.setProperty("loginTimeout", seconds);
    quick.setProperty("socketTimeout", seconds);
    quick.setProperty("ApplicationName", application);
    return DriverManager.getConnection(address.url(database), quick);
  }

  private @Nullable String password() throws SQLException {
    try {
      return DriverAccess.password(role).orElse(null);
    } catch (PersistenceException e) {
      // The supplier is asked again with the next question.
      throw new SQLException(e.getMessage(), "28000", e);
    }
  }

  /**
   * Opens a connection to the present primary that none of the pool's can delay. It is cut when the
   * server is demoted.
   *
   * @param application the name that the server's views show
   * @param limit how long connecting may take, and each answer
   */
  Connection connectPastIt(String application, Duration limit) throws SQLException {
    PrimaryHost host = hosts.get(0);
    if (hasSeveral()) {
      host = monitor.among(hosts).orElseThrow(() -> noPrimary(null));
    }
    return admitted(host, probe(host.address(), application, limit));
  }

  /** Whether there are several servers, of which one is the primary. */
  boolean hasSeveral() {
    return hosts.size() > 1;
  }

  /** Whether one of several servers is known to be the primary. */
  boolean hasPrimary() {
    return monitor.among(hosts).isPresent();
  }

  @Override
  Connection connect(Properties login) throws SQLException {
    if (!hasSeveral()) {
      return connect(hosts.get(0), login);
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    SQLException latest = null;
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      PrimaryHost primary = monitor.await(hosts, left).orElse(null);
      if (primary == null) {
        throw noPrimary(latest);
      }
      try {
        return connect(primary, login);
      } catch (SQLException e) {
        latest = e;
        if (!isConnectionFailure(e)) {
          throw e;
        }
        monitor.failed(primary, e);
        primary.wake();
      }
    }
  }

  private static boolean isConnectionFailure(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08") || state.startsWith("57P");
  }

  private Connection connect(PrimaryHost host, Properties login) throws SQLException {
    return admitted(host, DriverManager.getConnection(host.address().url(database), login));
  }

  private Connection admitted(PrimaryHost host, Connection connection) throws SQLException {
    try {
      admit(host, connection);
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void admit(PrimaryHost host, Connection connection) throws SQLException {
    Sighting sighting = Sighting.of(connection);
    if (!monitor.saw(host, sighting)) {
      throw notPrimary(host);
    }
    remember(connection, sighting.identity());
    // In this order: a promotion that comes now either finds it, or came before.
    if (!isCurrent(sighting.identity())) {
      throw notPrimary(host);
    }
  }

  private boolean isCurrent(Optional<ServerIdentity> identity) {
    return identity.map(monitor::isCurrent).orElse(true);
  }

  private static SQLException notPrimary(PrimaryHost host) {
    return new SQLException(
        host.address() + " is a standby, or was demoted", PostgresFailures.NO_PRIMARY);
  }

  /** A server that refuses to be asked may be the primary, so that the refusal is what counts. */
  private SQLException noPrimary(@Nullable SQLException cause) {
    for (PrimaryHost host : hosts) {
      SQLException refusal = host.refusal().orElse(null);
      if (refusal != null) {
        return new SQLException(
            host.address() + " refuses to say whether it is the primary: " + refusal.getMessage(),
            refusal.getSQLState(),
            refusal);
      }
    }
    return new SQLException(
        "none of " + hosts.stream().map(PrimaryHost::address).toList() + " is a primary",
        PostgresFailures.NO_PRIMARY,
        cause != null ? cause : anyFailure());
  }

  private @Nullable SQLException anyFailure() {
    return hosts.stream().flatMap(host -> host.failure().stream()).findFirst().orElse(null);
  }

  /** Whether a connection of the pool leads to the present primary, as far as known. */
  boolean isCurrent(Connection pooled) throws SQLException {
    return isCurrent(identity(pooled));
  }

  /** Cuts the connections to demoted servers, those in use too. Does not wait. */
  void abortStale() {
    abort(identity -> !isCurrent(identity));
  }

  /** The pool only knows that there was no connection; this says that there is no primary. */
  SQLException explained(SQLTransientConnectionException thrown) {
    if (!hasSeveral() || thrown.getSQLState() != null || hasPrimary()) {
      return thrown;
    }
    SQLException none = noPrimary(thrown);
    return new SQLTransientConnectionException(thrown.getMessage(), none.getSQLState(), none);
  }
}
