package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.ANALYTICS;
import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each pool with a user of its role of the set roles: it does its work, and nothing else. */
@Tag("contract")
class RoleSetIT {

  private static final String BUCKET = "TEST";

  private final String suffix = UUID.randomUUID().toString().substring(0, 8);
  private final PostgresDatabase database =
      PostgresDatabase.create("monitoring", "audit", "events", "roles");
  private final ManualClock clock = ManualClock.create();

  @BeforeEach
  void createUsers() {
    for (String role : List.of("primary", "flush", "background", "analytics")) {
      database.execute(
          "CREATE ROLE %s LOGIN PASSWORD 'secret' IN ROLE app_%s".formatted(user(role), role));
    }
  }

  private String user(String role) {
    return role + "_" + suffix;
  }

  private PostgresStore open() {
    PostgresConfig config =
        PostgresConfig.builder(database.config().jdbcUrl(), user("primary"))
            .password("secret")
            .role(FLUSH, role -> role.user(user("flush")))
            .role(BACKGROUND, role -> role.user(user("background")))
            .role(ANALYTICS, role -> role.user(user("analytics")))
            .build();
    return PostgresStore.open(
        PersistenceConfig.builder(NatsConfig.of("nats://unused.invalid"), config)
            .clock(clock)
            .build());
  }

  @Test
  void eachPoolDoesItsWork() {
    try (PostgresStore store = open()) {
      Agent agent = Agent.of("worker", "one");
      assertThat(store.sql().agents().save(agent, AgentStore.NONE).version()).isEqualTo(1);
      Instant beat = Instant.parse("2026-03-01T10:00:00Z");
      store.sql().on(BACKGROUND).agents().heartbeats(Map.of(agent.id(), beat));
      assertThat(store.sql().agents().lastHeartbeat(agent.id())).contains(beat);
      JournalPosition start =
          store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, beat, "first");
      assertThat(
              store
                  .sql()
                  .journals()
                  .apply(
                      start,
                      start.advancedTo(1, Changes.WRITTEN),
                      List.of(Changes.put(agent.id(), "a", "1", start.epoch(), 1))))
          .isInstanceOf(ApplyResult.Applied.class);
      assertThat(store.sql().on(BACKGROUND).states().sweep(Duration.ofDays(1))).isZero();
      assertThat(store.sql().on(BACKGROUND).states().count()).isEqualTo(1);
      UUID task =
          store
              .sql()
              .tasks()
              .enqueue(List.of(new Added(UUID.randomUUID(), NewTask.of("job", Map.of()))))
              .get(0);
      assertThat(store.sql().tasks().find(task)).isPresent();
      assertThat(store.sql().on(BACKGROUND).outbox().isInstalled()).isTrue();
      assertThat(store.sql().agents().delete(agent.id(), AgentStore.ANY)).isTrue();
      maintainsPartitions();
    }
  }

  /** BACKGROUND owns no table: the set's function does it with the owner's rights. */
  private void maintainsPartitions() {
    database.execute("UPDATE partitions.settings SET last_outcome = NULL");
    clock.advance(Duration.ofHours(1));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                database
                    .query("SELECT DISTINCT coalesce(last_outcome, '-') FROM partitions.settings")
                    .equals(List.of("done")));
  }

  @Test
  void noPoolDoesAnothersWork() throws SQLException {
    try (PostgresStore store = open()) {
      refuses(store, PRIMARY, "UPDATE agents.journal_positions SET sequence = 0");
      refuses(store, PRIMARY, "CREATE TABLE agents.more (id INT)");
      refuses(store, PRIMARY, "TRUNCATE agents.state");
      refuses(store, FLUSH, "DELETE FROM agents.registry");
      refuses(store, FLUSH, "SELECT session_token FROM sessions.active");
      refuses(store, BACKGROUND, "DELETE FROM agents.registry");
      refuses(store, BACKGROUND, "DROP TABLE messages.log");
      refuses(store, BACKGROUND, "SELECT row_data FROM audit.change_log");
      refuses(store, ANALYTICS, "DELETE FROM agents.state");
      refuses(store, ANALYTICS, "SELECT session_token FROM sessions.active");
    }
  }

  private static void refuses(PostgresStore store, PostgresRole role, String sql)
      throws SQLException {
    try (Connection connection = store.dataSource(role).getConnection();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute(sql))
          .as("%s: %s", role, sql)
          .isInstanceOf(SQLException.class)
          .extracting(thrown -> ((SQLException) thrown).getSQLState())
          .isEqualTo("42501");
    }
  }
}
