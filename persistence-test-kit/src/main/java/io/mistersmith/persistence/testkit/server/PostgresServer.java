package io.mistersmith.persistence.testkit.server;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server for tests: a child process with a data directory of its own, listening
 * on the loopback interface. It and its data go with {@link #close()} or with the JVM.
 *
 * <p>Thread-safe; the methods that change the server's state exclude each other. A server that came
 * from the environment (see {@link TestServers}) offers its address only: methods that need its
 * process or its data throw {@link IllegalStateException}, as does every call that does not fit the
 * server's state.
 */
public final class PostgresServer implements AutoCloseable {
  private static final String DATABASE_NAME = "[a-z_][a-z0-9_]{0,62}";

  private final ServerControl control;
  private final String database;
  private final String user;
  private final @Nullable String password;
  private final String version;

  /** Of a server that runs from the cache. */
  private final @Nullable PostgresLaunch launch;

  PostgresServer(
      ServerControl control,
      String database,
      String user,
      @Nullable String password,
      String version) {
    this(control, database, user, password, version, null);
  }

  private PostgresServer(
      ServerControl control,
      String database,
      String user,
      @Nullable String password,
      String version,
      @Nullable PostgresLaunch launch) {
    this.control = control;
    this.database = database;
    this.user = user;
    this.password = password;
    this.version = version;
    this.launch = launch;
  }

  /**
   * Starts a server and waits until it accepts connections. The first start of a version fetches
   * its programs into the user's cache, which it announces; with {@code
   * -Dpersistence.test.servers=containers} the server runs in a container instead.
   *
   * @throws IllegalStateException when it cannot be had or does not start; the message says what to
   *     do, or shows the end of the server's log
   */
  public static PostgresServer start(PostgresOptions options) {
    if (TestServers.inContainers()) {
      ServerControl server =
          OptionalLibrary.use(ContainerServer.NEEDS, () -> ContainerServer.postgres(options));
      return new PostgresServer(
          server,
          "postgres",
          PostgresInstallation.USER,
          ContainerServer.PASSWORD,
          Integer.toString(options.majorVersion()));
    }
    return start(options, ServerCache.ofUser());
  }

  static PostgresServer start(PostgresOptions options, ServerCache cache) {
    PostgresInstallation installation = PostgresInstallation.of(options, cache);
    WorkDirectory workDirectory = WorkDirectory.create("postgres");
    Path data = workDirectory.path().resolve("data");
    return start(
        new PostgresLaunch(
            installation, options, data, () -> DirectoryTree.copy(installation.template(), data)),
        workDirectory);
  }

  private static PostgresServer start(PostgresLaunch launch, WorkDirectory workDirectory) {
    return new PostgresServer(
        LocalServer.start(launch, workDirectory, launch.options().port()),
        "postgres",
        PostgresInstallation.USER,
        null,
        launch.installation().version(),
        launch);
  }

  /**
   * Starts a standby that streams from this server, which must run, and goes on meanwhile. Returns
   * when the standby answers queries. It has this server's settings, a free port, and a replication
   * slot, so that it can catch up however long it is away.
   *
   * @param name of the slot and of the standby in {@code pg_stat_replication}: lower-case letters,
   *     digits and underscores
   * @throws IllegalStateException when the server's data is not at hand (see {@link TestServers}),
   *     or when the standby does not start
   */
  public PostgresStandby standby(String name) {
    checked(name);
    PostgresLaunch own = ownLaunch("make a standby of");
    WorkDirectory workDirectory = WorkDirectory.create("postgres");
    Path data = workDirectory.path().resolve("data");
    PostgresLaunch standby =
        new PostgresLaunch(
            own.installation(),
            own.options().withPort(0),
            data,
            () -> PostgresStandby.prepare(this, name, data));
    return new PostgresStandby(start(standby, workDirectory));
  }

  /**
   * Makes a server that is down a standby of this one, as an operator does with an old primary: its
   * data is replaced by a copy of this server's, its port stays. Returns when it answers queries.
   *
   * @throws IllegalStateException as {@link #standby} does, and when the server is not down
   */
  public PostgresStandby rebuildAsStandby(PostgresServer down, String name) {
    checked(name);
    Path copy = ownLaunch("make a standby of").dataDirectory().resolveSibling("copy-for-" + name);
    PostgresStandby.prepare(this, name, copy);
    try {
      down.replaceData(copy);
    } finally {
      DirectoryTree.delete(copy);
    }
    down.restart();
    return new PostgresStandby(down);
  }

  private PostgresLaunch ownLaunch(String action) {
    PostgresLaunch own = launch;
    if (own == null) {
      throw new IllegalStateException(
          "Cannot %s the server at %s: its data is not on this machine's disk. Use servers of their own (-Dpersistence.test.servers=local, no PG_HOST)"
              .formatted(action, jdbcUrl()));
    }
    return own;
  }

  /** The JDBC URL of {@link #database()}, without user and password. */
  public String jdbcUrl() {
    return jdbcUrl(database);
  }

  private String jdbcUrl(String name) {
    return "jdbc:postgresql://%s:%d/%s".formatted(host(), port(), name);
  }

  /** The host name or address. */
  public String host() {
    return control.host();
  }

  /** The TCP port; it stays the same over restarts. */
  public int port() {
    return control.port();
  }

  /** The name of the database that {@link #jdbcUrl()} leads to. */
  public String database() {
    return database;
  }

  /** The superuser's name. */
  public String user() {
    return user;
  }

  /** The password, where the server asks for one. */
  public Optional<String> password() {
    return Optional.ofNullable(password);
  }

  /**
   * The server's version, for example "18.6".
   *
   * @throws IllegalStateException when the environment's server cannot be asked
   */
  public String version() {
    if (!version.isEmpty()) {
      return version;
    }
    try (Connection connection = connect()) {
      String full = connection.getMetaData().getDatabaseProductVersion();
      return full.split(" ", 2)[0];
    } catch (SQLException e) {
      throw new IllegalStateException(
          "Could not ask the server for its version at " + jdbcUrl(), e);
    }
  }

  /** The data directory; read or change it only while the server is down. */
  public Path dataDirectory() {
    return control.dataDirectory();
  }

  /** The process id of the postmaster; another one after each restart. */
  public long pid() {
    return control.pid();
  }

  /** Kills the postmaster and its children with SIGKILL; returns when all of them have ended. */
  public void kill() {
    control.kill();
  }

  /** A fast shutdown, as by {@code pg_ctl stop}: open transactions are rolled back. */
  public void stop() {
    control.stop();
  }

  /**
   * Starts the server again on its port and data, after a kill or stop; returns when it is ready.
   */
  public void restart() {
    control.restart();
  }

  /**
   * Freezes the postmaster and all its children: connections stay open, and no request is answered.
   */
  public void pause() {
    control.pause();
  }

  /** Lets a paused server go on. */
  public void resume() {
    control.resume();
  }

  /**
   * Puts an older copy of the data directory in place of the present one. The server must be down,
   * and stays down.
   */
  public void replaceData(Path copy) {
    control.replaceData(copy);
  }

  /**
   * Copies the data directory of a server that is down to a path that does not exist yet.
   *
   * @return the target
   */
  public Path copyData(Path target) {
    return control.copyData(target);
  }

  /**
   * Creates an empty database. Needs PostgreSQL's JDBC driver on the class path.
   *
   * @param name lower-case letters, digits and underscores, at most 63
   * @return the JDBC URL of the new database
   * @throws IllegalStateException when the server refuses, for instance since the name is taken
   */
  public String createDatabase(String name) {
    // An identifier cannot be a parameter; the pattern lets nothing through to be quoted.
    execute("create", "CREATE DATABASE \"" + checked(name) + "\"", name);
    return jdbcUrl(name);
  }

  /**
   * Creates a copy of a database without connections, which is much faster than migrating another
   * one.
   *
   * @param template the name of the database to copy
   * @param name lower-case letters, digits and underscores, at most 63
   * @return the JDBC URL of the new database
   * @throws IllegalStateException when the server refuses, for instance because a client is
   *     connected
   */
  public String copyDatabase(String template, String name) {
    execute(
        "create",
        "CREATE DATABASE \"" + checked(name) + "\" TEMPLATE \"" + checked(template) + "\"",
        name);
    return jdbcUrl(name);
  }

  /**
   * Drops a database, and ends the sessions that use it.
   *
   * @throws IllegalStateException when the server refuses
   */
  public void dropDatabase(String name) {
    execute("drop", "DROP DATABASE \"" + checked(name) + "\" WITH (FORCE)", name);
  }

  private static String checked(String name) {
    if (!name.matches(DATABASE_NAME)) {
      throw new IllegalArgumentException(
          "name is '%s': use lower-case letters, digits and underscores, at most 63"
              .formatted(name));
    }
    return name;
  }

  private void execute(String verb, String sql, String name) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "Could not %s database %s at %s: %s".formatted(verb, name, jdbcUrl(), e.getMessage()), e);
    }
  }

  Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    if (password != null) {
      properties.setProperty("password", password);
    }
    properties.setProperty("connectTimeout", "10");
    return DriverManager.getConnection(jdbcUrl(), properties);
  }

  /** False for a server that came from the environment. */
  public boolean ownsProcess() {
    return control.ownsProcess();
  }

  /** Ends an own server and deletes its data; leaves the environment's server as it is. */
  @Override
  public void close() {
    control.close();
  }
}
