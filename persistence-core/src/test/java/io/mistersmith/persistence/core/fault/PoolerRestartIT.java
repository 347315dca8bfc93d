package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.core.SharedPooler;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PgBouncerServer;
import io.mistersmith.persistence.testkit.server.PgBouncerServer.Mode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * PgBouncer is killed with SIGKILL and started again while two runtimes write through the few
 * connections that it has, and another client uses them too.
 */
@Tag("fault")
@Tag("connections")
class PoolerRestartIT {

  private static final int RESTARTS = Repetitions.of(6, 3);
  private static final int SERVER_CONNECTIONS = 4;

  @Test
  void losesNoWriteFailsNoneAndLeaksNoSetting() {
    Ledger ledger = new Ledger();
    Epochs epochs = new Epochs();
    try (FaultServers servers = FaultServers.start();
        PgBouncerServer pooler =
            PgBouncerServer.start(servers.postgres(), Mode.TRANSACTION, SERVER_CONNECTIONS)) {
      Installation installation = servers.installation();
      PersistenceConfig config = through(pooler, installation, epochs);
      List<String> leaked = new ArrayList<>();
      int kills = 0;
      try (Persistence one = Persistence.open(config);
          Persistence other = Persistence.open(config)) {
        List<AgentId> agents = installation.register(one, 6);
        StateRepository<Long> states = one.states(Long.class);
        try (Writers again = Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger);
            Writers once =
                Writers.start(2, other.states(Long.class), agents, Writers.Keys.ONCE, 0, ledger)) {
          for (int i = 0; i < RESTARTS; i++) {
            awaitFlushing(installation);
            leaked.addAll(foundByAnotherClient(pooler, installation));
            pooler.kill();
            Waits.moreAcknowledged(ledger, 1_000);
            pooler.restart();
            kills++;
          }
          awaitFlushing(installation);
          Waits.moreAcknowledged(ledger, 1_000);
          again.stop();
          once.stop();
        }
        Tally tally = ledger.settle(installation);
        leaked.addAll(foundByAnotherClient(pooler, installation));
        servers.report(
            "PoolerRestart",
            tally,
            "pgbouncer=%s kills=%d failed=%d leaked=%d"
                .formatted(pooler.version(), kills, ledger.failures(), leaked.size()));
        ledger.assertKept(installation);
        assertThat(ledger.failures()).as("failed writes").isZero();
        assertThat(one.operations().deadLetters().count()).isZero();
        assertThat(epochs.reasons()).as("epochs, though nothing was lost").isEmpty();
        assertThat(leaked).as("settings that another client found").isEmpty();
      }
    }
  }

  private static PersistenceConfig through(
      PgBouncerServer pooler, Installation installation, PersistenceListener listener) {
    PersistenceConfig direct = installation.config();
    return direct.toBuilder()
        .postgres(
            SharedPooler.through(direct.postgres(), pooler).toBuilder()
                .pooler(Pooler.TRANSACTION)
                .acquireTimeout(Duration.ofSeconds(10)) // to log in twice, on a slow machine
                .build())
        .listener(listener)
        .build();
  }

  /** Waits until batches are being applied: only then can a kill hit one in its middle. */
  private static void awaitFlushing(Installation installation) {
    long before = position(installation);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> position(installation) > before);
  }

  private static long position(Installation installation) {
    return Long.parseLong(
        installation
            .query(
                "SELECT coalesce(max(sequence), 0) FROM agents.journal_positions WHERE bucket = '"
                    + installation.bucket()
                    + "'")
            .get(0));
  }

  private static List<String> foundByAnotherClient(
      PgBouncerServer pooler, Installation installation) {
    Properties properties = new Properties();
    properties.setProperty("user", pooler.user());
    properties.setProperty("password", pooler.password());
    properties.setProperty("prepareThreshold", "0");
    String url = installation.jdbcUrl();
    List<String> found = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection(
                pooler.jdbcUrl(url.substring(url.lastIndexOf('/') + 1)), properties);
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < 50; i++) {
        try (ResultSet rows =
            statement.executeQuery(
                """
                SELECT name FROM pg_settings
                 WHERE name IN ('statement_timeout', 'lock_timeout', 'synchronous_commit',
                                'idle_in_transaction_session_timeout',
                                'default_transaction_isolation')
                   AND source = 'session'
                """)) {
          while (rows.next()) {
            found.add(rows.getString(1));
          }
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }
}
