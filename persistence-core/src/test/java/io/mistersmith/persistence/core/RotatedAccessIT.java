package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.config.TlsConfig.Mode;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.testkit.server.CertificateAuthority;
import io.mistersmith.persistence.testkit.server.CertificateAuthority.Issued;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Certificates and passwords that are replaced at both stores while a runtime runs: it goes on with
 * the new ones, and is refused for as long as it has the old ones.
 */
@Tag("connections")
class RotatedAccessIT {

  private static final Duration SOON = Duration.ofMinutes(2);

  /** The runtime's user has every right, so that the test is about nothing else. */
  private static final String ROLE = "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'first'";

  private static final String END_SESSIONS =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'";

  @TempDir private Path directory;

  @Test
  void certificatesOfServersAndClientAreReplaced() throws SQLException {
    CertificateAuthority before = CertificateAuthority.create(directory.resolve("before"));
    CertificateAuthority after = CertificateAuthority.create(directory.resolve("after"));
    Issued shown = before.issue("server");
    Issued client = before.issue("app");
    Issued nextShown = after.issue("server");
    Issued nextClient = after.issue("app");
    Path clientsOf = copyOf(before.certificate(), "clients.pem");
    Path root = copyOf(before.certificate(), "root.pem");
    TlsConfig tls =
        TlsConfig.builder(Mode.VERIFY_FULL)
            .rootCertificate(root)
            .clientCertificate(client.certificate(), client.key())
            .build();
    PostgresOptions options =
        postgres("hostssl all app 127.0.0.1/32 cert").withTls(shown, clientsOf);
    NatsOptions nats = NatsOptions.defaults().withTls(shown, Optional.of(clientsOf));
    try (PostgresServer database = PostgresServer.start(options);
        NatsServer hot = NatsServer.start(nats)) {
      execute(database, ROLE);
      PersistenceConfig config =
          config(
              NatsConfig.builder(hot.url()).tls(tls).build(),
              PostgresConfig.builder(database.jdbcUrl(), "app").tls(tls));
      try (Persistence persistence = Persistence.open(config)) {
        Agent agent = Agent.of("test", "one");
        writes(persistence, agent, 1);

        shown.replaceBy(nextShown);
        CertificateAuthority.replace(clientsOf, after.certificate());
        database.reload(options);
        execute(database, END_SESSIONS);
        hot.kill();
        hot.restart();
        isRefusedByBoth(persistence, agent);

        CertificateAuthority.replace(root, after.certificate());
        client.replaceBy(nextClient);
        awaitWrites(persistence, agent, 2, "certificates");
        assertThat(
                query(
                    database,
                    "SELECT DISTINCT issuer_dn FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                        + " WHERE usename = 'app'"))
            .containsExactly("/CN=after");
      }
    }
  }

  @Test
  void passwordsAreReplaced() throws SQLException {
    AtomicReference<String> password = new AtomicReference<>("first");
    Supplier<Secret> source = () -> Secret.of(Objects.requireNonNull(password.get()));
    PostgresOptions options = postgres("host all app 127.0.0.1/32 scram-sha-256");
    try (PostgresServer database = PostgresServer.start(options);
        NatsServer hot = NatsServer.start(nats("first"))) {
      execute(database, ROLE);
      PersistenceConfig config =
          config(
              NatsConfig.builder(hot.url()).userPassword("app", source).build(),
              PostgresConfig.builder(database.jdbcUrl(), "app").password(source));
      try (Persistence persistence = Persistence.open(config)) {
        Agent agent = Agent.of("test", "one");
        writes(persistence, agent, 1);

        execute(database, "ALTER ROLE app PASSWORD 'second'");
        execute(database, END_SESSIONS);
        hot.reload(nats("second"));
        hot.kill();
        hot.restart();
        isRefusedByBoth(persistence, agent);

        password.set("second");
        awaitWrites(persistence, agent, 2, "passwords");
      }
    }
  }

  /** A supplier that fails, as when the service that hands out tokens is away. */
  @Test
  void aSupplierThatFailsIsAskedAgain() throws SQLException {
    AtomicReference<Optional<String>> token = new AtomicReference<>(Optional.of("first"));
    Supplier<Secret> source = () -> Secret.of(Objects.requireNonNull(token.get()).orElseThrow());
    PostgresOptions options = postgres("host all app 127.0.0.1/32 scram-sha-256");
    try (PostgresServer database = PostgresServer.start(options);
        NatsServer hot = NatsServer.start(nats("first"))) {
      execute(database, ROLE);
      PersistenceConfig config =
          config(
              NatsConfig.builder(hot.url()).userPassword("app", source).build(),
              PostgresConfig.builder(database.jdbcUrl(), "app").password(source));
      try (Persistence persistence = Persistence.open(config)) {
        Agent agent = Agent.of("test", "one");
        writes(persistence, agent, 1);

        token.set(Optional.empty());
        execute(database, END_SESSIONS);
        hot.kill();
        hot.restart();
        isRefusedByBoth(persistence, agent);

        token.set(Optional.of("first"));
        awaitWrites(persistence, agent, 2, "supplier");
      }
    }
  }

  private static PostgresOptions postgres(String rule) {
    return PostgresOptions.defaults()
        .withoutSync()
        .withAccessRules(rule, "host all postgres 127.0.0.1/32 trust");
  }

  private static NatsOptions nats(String password) {
    return NatsOptions.defaults()
        .withConfigLine("authorization { user: app, password: " + password + " }");
  }

  private static PersistenceConfig config(NatsConfig nats, PostgresConfig.Builder postgres) {
    return PersistenceConfig.builder(
            nats,
            postgres
                .allRoles(role -> role.acquireTimeout(Duration.ofSeconds(2)))
                .role(PostgresRole.MIGRATION, role -> role.acquireTimeout(SOON))
                .migrateOnOpen()
                .build())
        .build();
  }

  private static void writes(Persistence persistence, Agent agent, int value) {
    persistence.agents().save(agent);
    persistence.states(Integer.class).save(StateKey.of(agent.id(), "key"), value);
  }

  /** Awaits writes to both stores, and reports what became of those before. */
  private static void awaitWrites(
      Persistence persistence, Agent agent, int value, String replaced) {
    long began = System.nanoTime();
    StateKey key = StateKey.of(agent.id(), "key");
    Awaitility.await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(PersistenceException.class)
        .untilAsserted(
            () -> {
              persistence.agents().save(Agent.of("test", "another"));
              persistence.states(Integer.class).save(key, value);
            });
    Duration outage = Duration.ofNanos(System.nanoTime() - began);
    boolean there =
        persistence.states(Integer.class).find(key).map(Versioned::value).equals(Optional.of(value))
            && persistence.agents().find(agent.id()).isPresent();
    Counts.report(
        "RotatedAccess replaced=" + replaced, new Tally(4, there ? 0 : 1, 0, 0, outage), "");
    assertThat(there).isTrue();
  }

  private static void isRefusedByBoth(Persistence persistence, Agent agent) {
    assertThat(catchThrowable(() -> persistence.agents().save(Agent.of("test", "refused"))))
        .isInstanceOf(PersistenceException.class);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        catchThrowable(
                            () ->
                                persistence
                                    .states(Integer.class)
                                    .save(StateKey.of(agent.id(), "key"), 0)))
                    .isInstanceOf(PersistenceException.class));
  }

  private Path copyOf(Path file, String name) {
    Path copy = directory.resolve(name);
    CertificateAuthority.replace(copy, file);
    return copy;
  }

  private static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      boolean unused = statement.execute(sql);
    }
  }

  private static List<String> query(PostgresServer server, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  private static Connection connect(PostgresServer server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(), server.user(), "");
  }
}
