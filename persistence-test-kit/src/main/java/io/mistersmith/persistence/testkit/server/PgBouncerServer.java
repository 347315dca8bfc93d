package io.mistersmith.persistence.testkit.server;

import java.util.Locale;

/**
 * A real PgBouncer in front of a PostgreSQL server, for tests of what a pooler does to its clients:
 * a child process that listens on the loopback interface. It goes with {@link #close()} or with the
 * JVM. Clients log in with SCRAM, as the server's superuser.
 *
 * <p>Thread-safe; the methods that change its state exclude each other, and throw {@link
 * IllegalStateException} where they do not fit the state.
 */
public final class PgBouncerServer implements AutoCloseable {

  private static final String PASSWORD = "pooled";

  private final LocalServer control;
  private final PgBouncerLaunch launch;

  private PgBouncerServer(LocalServer control, PgBouncerLaunch launch) {
    this.control = control;
    this.launch = launch;
  }

  /** When a client gives its server connection back. */
  public enum Mode {
    /** When the client disconnects. */
    SESSION,
    /** At the end of each transaction. */
    TRANSACTION;

    String setting() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Starts one in front of a server, and waits until clients can log in. The first start fetches
   * the program into the user's cache, which it announces.
   *
   * @param serverConnections how many connections to each database of the server it has at most
   * @throws IllegalStateException when it cannot be had or does not start; the message says what to
   *     do, or shows the end of its log
   */
  public static PgBouncerServer start(PostgresServer server, Mode mode, int serverConnections) {
    WorkDirectory workDirectory = WorkDirectory.create("pgbouncer");
    PgBouncerLaunch launch =
        new PgBouncerLaunch(
            PgBouncerProgram.find(ServerCache.ofUser()),
            server,
            server.password().orElse(PASSWORD),
            mode,
            serverConnections,
            workDirectory.path().resolve("configuration"));
    return new PgBouncerServer(LocalServer.start(launch, workDirectory, 0), launch);
  }

  /** The JDBC URL that leads through it to a database of the server, without user and password. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://%s:%d/%s".formatted(host(), port(), database);
  }

  /** The host name or address. */
  public String host() {
    return control.host();
  }

  /** The TCP port; it stays the same over restarts. */
  public int port() {
    return control.port();
  }

  /** The user that clients log in as, who is a superuser of the server. */
  public String user() {
    return launch.server().user();
  }

  /** The password of {@link #user()}, which PgBouncer asks for. */
  public String password() {
    return launch.password();
  }

  /** The version, for example "1.18.0". */
  public String version() {
    return launch.program().version();
  }

  /** Kills it with SIGKILL; all connections through it are lost. */
  public void kill() {
    control.kill();
  }

  /** Ends it when the transactions under way have ended. */
  public void stop() {
    control.stop();
  }

  /** Starts it again on its port, after a kill or stop; returns when clients can log in. */
  public void restart() {
    control.restart();
  }

  /** Freezes it: connections stay open, and nothing passes. */
  public void pause() {
    control.pause();
  }

  /** Lets a paused one go on. */
  public void resume() {
    control.resume();
  }

  /** Ends it. The server that it led to goes on. */
  @Override
  public void close() {
    control.close();
  }
}
