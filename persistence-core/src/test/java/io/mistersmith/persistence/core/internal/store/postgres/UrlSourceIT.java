package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.ANALYTICS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pools of roles that may connect to any server of their URL, such as that of reports. */
class UrlSourceIT {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration SOON = Duration.ofSeconds(30);

  private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void end() {
    keeper.shutdownNow();
  }

  private Pool open(RoleConfig role, boolean needed) {
    return Pool.open(ANALYTICS, "", role, "runtime-test", needed, Optional.empty(), keeper);
  }

  @Test
  void thePasswordIsAskedForBeforeEachConnection() throws SQLException {
    AtomicReference<Optional<String>> password = new AtomicReference<>(Optional.of("first"));
    Supplier<Secret> source = () -> Secret.of(Objects.requireNonNull(password.get()).orElseThrow());
    PostgresOptions options =
        PostgresOptions.defaults()
            .withoutSync()
            .withAccessRules(
                "host all app 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust");
    try (PostgresServer server = PostgresServer.start(options)) {
      execute(server, "CREATE ROLE app LOGIN PASSWORD 'first'");
      RoleConfig role =
          PostgresConfig.builder(server.jdbcUrl(), "app")
              .password(source)
              .role(ANALYTICS, it -> it.connections(0, 1).acquireTimeout(Duration.ofSeconds(1)))
              .build()
              .role(ANALYTICS);
      try (Pool pool = open(role, false)) {
        awaitConnection(pool);

        execute(server, "ALTER ROLE app PASSWORD 'second'");
        pool.renew();
        awaitRefusal(
            pool,
            refusal ->
                refusal.isInstanceOfSatisfying(
                    SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01")));

        password.set(Optional.empty());
        awaitRefusal(
            pool, refusal -> refusal.hasCauseInstanceOf(TransientPersistenceException.class));
        assertThatThrownBy(() -> open(role, true))
            .isInstanceOfSatisfying(
                TransientPersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.CONNECTION_FAILED))
            .hasMessageContaining("postgres.password of app: the supplier failed");

        password.set(Optional.of("second"));
        awaitConnection(pool);
      }
    }
  }

  @Test
  void takesTheNextServerOfTheUrlAndItsParameters() throws SQLException {
    PostgresConfig config = PostgresDatabase.create().config();
    String url = config.jdbcUrl().replace("//", "//127.0.0.1:1,");
    String named = url + (url.contains("?") ? "&" : "?") + "ApplicationName=by-url";
    RoleConfig role =
        config.toBuilder().role(ANALYTICS, it -> it.jdbcUrl(named)).build().role(ANALYTICS);
    try (UrlSource source = new UrlSource(role, "runtime-test");
        Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_setting('application_name')")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1)).isEqualTo("by-url");
    }
  }

  @Test
  void aClosedOneCutsItsConnectionsAndMakesNoMore() throws SQLException {
    UrlSource source =
        new UrlSource(PostgresDatabase.create().config().role(ANALYTICS), "runtime-test");
    Connection made = source.getConnection();
    source.close();
    assertThat(made.isClosed()).isTrue();
    assertThatThrownBy(source::getConnection)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("is closed");
  }

  /** On a slow machine, a connection takes longer than the pool waits for it. */
  private static void awaitConnection(Pool pool) {
    Awaitility.await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(SQLException.class)
        .untilAsserted(() -> pool.release(pool.acquire(LIMIT)));
  }

  private static void awaitRefusal(
      Pool pool, Consumer<AbstractThrowableAssert<?, ? extends Throwable>> reason) {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> reason.accept(assertThatThrownBy(() -> pool.acquire(LIMIT))));
  }

  private static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), "");
        Statement statement = connection.createStatement()) {
      boolean unused = statement.execute(sql);
    }
  }
}
