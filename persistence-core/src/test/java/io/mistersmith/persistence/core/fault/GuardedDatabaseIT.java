package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The runtime on a database that is audited and divided among tenants, without being superuser. */
@Tag("fault")
@Tag("full")
class GuardedDatabaseIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final UUID OURS = UUID.fromString("aaaaaaaa-0000-4000-8000-000000000001");
  private static final UUID THEIRS = UUID.fromString("bbbbbbbb-0000-4000-8000-000000000002");

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @SuppressWarnings("NullAway.Init")
  private static GuardedDatabase database;

  @BeforeAll
  static void start() throws SQLException {
    servers = FaultServers.start();
    database = GuardedDatabase.create(servers, "guarded");
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Test
  void flushedRowsTakeTheTenantOfTheirAgentWhicheverRuntimeFlushes() throws SQLException {
    try (Persistence ours = database.open(OURS);
        Persistence theirs = database.open(THEIRS)) {
      Agent ourAgent = ours.agents().save(Agent.of("guarded", "ours")).value();
      Agent theirAgent = theirs.agents().save(Agent.of("guarded", "theirs")).value();
      // Each runtime is made to flush the other's agent: their buckets are the same.
      write(ours, theirAgent, 40);
      write(theirs, ourAgent, 30);
      write(ours, ourAgent, 20);

      String count = "SELECT tenant_id || ' ' || count(*) FROM agents.state GROUP BY tenant_id";
      assertThat(database.queryAs(OURS, count)).containsExactly(OURS + " 30");
      assertThat(database.queryAs(THEIRS, count)).containsExactly(THEIRS + " 40");
      assertThat(database.queryAs(THEIRS, "SELECT agent_name FROM agents.registry"))
          .containsExactly("theirs");
      assertThat(database.query("SELECT DISTINCT changed_by FROM audit.change_log"))
          .containsExactly(GuardedDatabase.RUNTIME);
      assertThat(
              database.query(
                  "SELECT count(*) FROM audit.change_log WHERE operation = 'INSERT'"
                      + " AND row_data ->> 'state_key' LIKE '%.k%'"))
          .containsExactly("70");

      assertRefused(
          DataError.CONSTRAINT_VIOLATION,
          "registry_parent_agent_id_fkey",
          () -> ours.agents().save(Agent.of("guarded", "child").withParent(theirAgent.id())));
      assertRefused(
          DataError.ACCESS_DENIED, "another tenant", () -> ours.agents().save(theirAgent));
      assertRefused(
          DataError.ACCESS_DENIED, "another tenant", () -> ours.agents().delete(theirAgent.id()));
      servers.report(
          "Guarded", "tenants=2 rows=70 dead_letters=" + ours.operations().deadLetters().count());
      assertThat(ours.operations().deadLetters().count()).isZero();
    }
  }

  @Test
  void checkpointsAndEventsAreOfTheTenantOfTheirAgent() throws SQLException {
    UUID tenant = UUID.randomUUID();
    try (Persistence persistence = database.open(tenant)) {
      Agent agent = persistence.agents().save(Agent.of("guarded", "copied")).value();
      write(persistence, agent, 5);
      Checkpoints checkpoints = persistence.checkpoints();
      Checkpoint first = checkpoints.create(agent.id(), CheckpointOptions.full());
      write(persistence, agent, 7);
      checkpoints.create(agent.id(), CheckpointOptions.changes());
      assertThat(checkpoints.restore(first.id(), SOON).deleted()).isEqualTo(2);

      String count =
          "SELECT (SELECT count(*) FROM agents.checkpoints) || ' ' ||"
              + " (SELECT count(*) FROM agents.lifecycle_events)";
      assertThat(database.queryAs(tenant, count)).containsExactly("2 4");
      assertThat(database.queryAs(UUID.randomUUID(), count)).containsExactly("0 0");
      Agent branch = persistence.agents().save(Agent.of("guarded", "branched off")).value();
      assertThat(checkpoints.fork(first.id(), branch.id(), ForkOptions.toEmpty(SOON)).written())
          .isEqualTo(5);
      assertThat(
              persistence
                  .lifecycleEvents()
                  .record(LifecycleEvent.of(branch.id(), "paused", Map.of(), Instant.now())))
          .isTrue();
      Checkpoint alone = checkpoints.create(agent.id(), CheckpointOptions.full());
      assertThat(checkpoints.delete(alone.id())).isTrue();
      assertThat(database.queryAs(tenant, count)).containsExactly("2 9");
      assertThat(database.queryAs(UUID.randomUUID(), count)).containsExactly("0 0");
      assertThat(checkpoints.prune(agent.id(), PruneRule.keepLatest(0)).removed()).hasSize(2);
      assertThat(database.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
    }
  }

  /** It has no tenant, and a row without one could be nobody's or everybody's. */
  @Test
  void theStateOfAnExternalOwnerIsRefused() throws SQLException {
    try (Persistence persistence = database.open(OURS)) {
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(AgentId.external("conversation-7"), "topic");
      Revision acknowledged = states.save(key, 7L).revision();
      assertRefused(
          DataError.DEAD_LETTERED, "23514", () -> states.awaitDurable(key, acknowledged, SOON));
      assertThat(database.query("SELECT count(*) FROM agents.state WHERE owner IS NOT NULL"))
          .containsExactly("0");
      assertThat(persistence.operations().deadLetters().count()).isOne();
    } finally {
      database.execute("DELETE FROM agents.dead_letters");
    }
  }

  private static void write(Persistence persistence, Agent agent, int keys) {
    StateRepository<Long> states = persistence.states(Long.class);
    for (int i = 0; i < keys; i++) {
      states.save(StateKey.of(agent.id(), "k" + i), (long) keys);
    }
    persistence.lifecycle().flush(agent.id(), SOON);
  }

  private static void assertRefused(DataError error, String why, ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(why)
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void whileTheAuditCannotBeWrittenWritesWaitAndAreNoDeadLetters() throws SQLException {
    UUID tenant = UUID.randomUUID();
    try (Persistence persistence = database.open(tenant)) {
      Agent agent = persistence.agents().save(Agent.of("guarded", "audited")).value();
      StateKey key = StateKey.of(agent.id(), "waits");
      StateRepository<Long> states = persistence.states(Long.class);
      database.execute(
          """
          ALTER TABLE audit.change_log DETACH PARTITION audit.change_log_default;
          ALTER TABLE audit.change_log ALTER COLUMN changed_at SET DEFAULT '2001-01-01Z'
          """);
      Revision acknowledged = states.save(key, 7L).revision();

      assertThatThrownBy(() -> states.awaitDurable(key, acknowledged, Duration.ofSeconds(2)))
          .isInstanceOf(PersistenceException.class);
      assertRefused(
          DataError.MISCONFIGURED,
          "audit log",
          () -> persistence.agents().save(Agent.of("guarded", "unlogged")));
      assertThat(persistence.operations().deadLetters().count()).isZero();

      database.execute(
          """
          ALTER TABLE audit.change_log ALTER COLUMN changed_at SET DEFAULT clock_timestamp();
          ALTER TABLE audit.change_log ATTACH PARTITION audit.change_log_default DEFAULT
          """);
      states.awaitDurable(key, acknowledged, SOON);
      assertThat(
              database.queryAs(
                  tenant, "SELECT state_value FROM agents.state WHERE state_key LIKE '%.waits'"))
          .containsExactly("7");
    }
  }
}
