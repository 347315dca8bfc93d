package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Which sets of migrations opening applies, and that the engine needs no other than the core. */
class MigrationSetsIT {
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(60);

  private final PostgresServer postgres = TestServers.postgres();
  private final NatsServer nats = TestServers.nats();
  private final String name =
      "sets_" + ProcessHandle.current().pid() + "_" + RUNS.incrementAndGet();
  private final String url = postgres.createDatabase(name);

  @Test
  void engineWorksOnTheCoreSetAlone() throws SQLException {
    PostgresConfig database =
        database().toBuilder().migrateOnOpen().partitionUpkeep(Duration.ofSeconds(1)).build();
    try (Persistence persistence = Persistence.open(config(database))) {
      Agent agent = persistence.agents().save(Agent.of("worker", "one")).value();
      StateRepository<String> states = persistence.states(String.class);
      StateKey key = StateKey.of(agent.id(), "plan");
      states.save(key, "by train");
      Checkpoints checkpoints = persistence.checkpoints();
      Checkpoint before = checkpoints.create(agent.id(), CheckpointOptions.full());
      states.save(key, "by balloon");
      checkpoints.restore(before.id(), SOON);
      assertThat(states.find(key).orElseThrow().value()).isEqualTo("by train");
      persistence.lifecycle().flush(agent.id(), SOON);
      assertThat(
              persistence.operations().consistency().check(CheckScope.everything()).isConsistent())
          .isTrue();
      Awaitility.await("maintenance of the time partitions")
          .atMost(SOON)
          .until(
              () ->
                  query("SELECT DISTINCT last_outcome FROM partitions.settings")
                      .equals(List.of("done")));
    }
    assertThat(query("SELECT DISTINCT script_set FROM migrations.applied_migrations"))
        .containsExactly("core");
    assertThat(
            query(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
                    + " AND nspname NOT IN ('information_schema', 'public') ORDER BY 1"))
        .containsExactly(
            "agents", "knowledge", "messages", "migrations", "partitions", "sagas", "sessions", "tasks");
    assertThat(query("SELECT state_value #>> '{}' FROM agents.state")).containsExactly("by train");
  }

  @Test
  void openingAppliesTheSetsThatItIsGiven() throws SQLException {
    try (Persistence persistence =
        Persistence.open(
            config(database().toBuilder().migrateOnOpen("audit", "monitoring").build()))) {
      persistence.agents().save(Agent.of("worker", "one"));
    }
    assertThat(query("SELECT DISTINCT script_set FROM migrations.applied_migrations ORDER BY 1"))
        .containsExactly("audit", "core", "monitoring");
    assertThat(query("SELECT count(*) FROM audit.change_log WHERE table_name = 'registry'"))
        .doesNotContain("0");
  }

  @Test
  void setThatDoesNotExistOrLacksAnotherIsRefused() {
    assertRefused("audti", "There is no bundled set 'audti'");
    assertRefused("statements", "Set statements needs set monitoring");
  }

  private void assertRefused(String set, String reason) {
    PersistenceConfig config = config(database().toBuilder().migrateOnOpen(set).build());
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> Persistence.open(config).close())
        .withMessageContaining(reason);
  }

  private PostgresConfig database() {
    PostgresConfig config = PostgresConfig.of(url, postgres.user());
    return postgres
        .password()
        .map(secret -> config.toBuilder().password(secret).build())
        .orElse(config);
  }

  private PersistenceConfig config(PostgresConfig database) {
    return PersistenceConfig.builder(
            NatsConfig.builder(nats.url()).namePrefix(name + "-").build(), database)
        .build();
  }

  private List<String> query(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(url, postgres.user(), postgres.password().orElse(null));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }
}
