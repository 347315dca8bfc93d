package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pair of servers that a run of tests shares: those of the environment where it names them,
 * else own ones, started at the first call and ended with the JVM.
 *
 * <ul>
 *   <li>PostgreSQL: PG_HOST, PG_PORT (5432), PG_DATABASE (postgres), PG_USER (postgres),
 *       PG_PASSWORD
 *   <li>NATS: NATS_SERVERS, one or more URLs separated by commas
 *   <li>{@code -Dpersistence.test.servers=containers}: own ones run in containers
 * </ul>
 *
 * <p>Tests that kill servers start their own with {@link PostgresServer#start} and {@link
 * NatsServer#start}, which never take the environment's. Thread-safe.
 */
public final class TestServers {
  private static final int NATS_PORT = 4222;

  private static @Nullable PostgresServer postgres;
  private static @Nullable NatsServer nats;

  private TestServers() {}

  /**
   * Starts the pair for a first try, prints how to reach it, and stops it after a line of standard
   * input, at its end, or with the process.
   */
  public static void main(String[] args) throws IOException {
    PostgresServer database = postgres();
    NatsServer hot = nats();
    System.out.printf("PostgreSQL %s  %s%n", database.version(), database.jdbcUrl());
    System.out.printf("           user %s%n", database.user());
    System.out.printf("NATS %s  %s%n", hot.version(), hot.url());
    System.out.println("Press Enter to stop them.");
    for (int read = 0; read >= 0 && read != '\n'; ) {
      read = System.in.read();
    }
    System.exit(0);
  }

  /**
   * The shared PostgreSQL server. With the system property {@code persistence.test.sync=false} it
   * writes without fsync, which is faster, and loses what it has if the machine goes down; a server
   * from the environment is taken as it is.
   *
   * @throws IllegalStateException when there is none and none can be started
   */
  public static synchronized PostgresServer postgres() {
    PostgresServer server = postgres;
    if (server == null) {
      server = postgresOf(System.getenv()).orElseGet(() -> PostgresServer.start(postgresOptions()));
      postgres = server;
    }
    return server;
  }

  /**
   * The shared nats-server.
   *
   * @throws IllegalStateException when there is none and none can be started
   */
  public static synchronized NatsServer nats() {
    NatsServer server = nats;
    if (server == null) {
      server = natsOf(System.getenv()).orElseGet(() -> NatsServer.start(NatsOptions.defaults()));
      nats = server;
    }
    return server;
  }

  /** Without synchronous writes where {@code persistence.test.sync} is false. */
  private static PostgresOptions postgresOptions() {
    // Every test may have a database of its own. The naptime is shared by all of them, so that with
    // a
    // hundred databases a worker would be started more than once a second.
    PostgresOptions defaults =
        PostgresOptions.defaults().withServerSetting("autovacuum_naptime", "1h");
    boolean sync = !"false".equals(System.getProperty("persistence.test.sync"));
    return sync ? defaults : defaults.withoutSync();
  }

  static boolean inContainers() {
    String where = System.getProperty("persistence.test.servers", "local");
    return switch (where) {
      case "containers" -> true;
      case "local", "" -> false;
      default ->
          throw new IllegalArgumentException(
              "persistence.test.servers is '" + where + "': use \"local\" or \"containers\"");
    };
  }

  static Optional<PostgresServer> postgresOf(Map<String, String> environment) {
    String host = environment.getOrDefault("PG_HOST", "");
    if (host.isBlank()) {
      return Optional.empty();
    }
    String port = environment.getOrDefault("PG_PORT", "5432");
    if (!port.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("PG_PORT is '" + port + "': give a TCP port's number");
    }
    return Optional.of(
        new PostgresServer(
            new EnvironmentServer("PostgreSQL", "PG_HOST", host, Integer.parseInt(port)),
            environment.getOrDefault("PG_DATABASE", "postgres"),
            environment.getOrDefault("PG_USER", PostgresInstallation.USER),
            environment.get("PG_PASSWORD"),
            ""));
  }

  static Optional<NatsServer> natsOf(Map<String, String> environment) {
    String urls = environment.getOrDefault("NATS_SERVERS", "");
    if (urls.isBlank()) {
      return Optional.empty();
    }
    String first = urls.split(",", 2)[0].strip();
    URI uri = URI.create(first.contains("://") ? first : "nats://" + first);
    if (uri.getHost() == null) {
      throw new IllegalArgumentException(
          "NATS_SERVERS does not begin with a URL such as nats://localhost:4222");
    }
    int port = uri.getPort() < 0 ? NATS_PORT : uri.getPort();
    String version =
        NatsProtocol.version(uri.getHost(), port)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "No NATS server answers at %s:%d, which NATS_SERVERS names"
                            .formatted(uri.getHost(), port)));
    return Optional.of(
        new NatsServer(
            new EnvironmentServer("nats-server", "NATS_SERVERS", uri.getHost(), port),
            urls,
            version));
  }
}
