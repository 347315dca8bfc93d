package io.mistersmith.persistence.migration;

import static io.mistersmith.persistence.migration.OptionalSet.EVENTS;
import static io.mistersmith.persistence.migration.OptionalSet.TENANTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The set {@code events} alone and beside tenants: who needs which rights, and what it costs. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class EventsSetIT {
  private static final String OURS = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String THEIRS = "bbbbbbbb-0000-4000-8000-000000000002";
  private static final String WRITER = "it_events_writer";
  private static final String APPLICATION = "it_events_application";
  private static final String RUNTIME = "it_events_runtime";
  private static final String NOTED =
      """
      SELECT concat_ws(' ', kind, state_key, tenant_id)
        FROM events.read_batch(%d, 0, 1000, 1000000, 1000000)
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  EventsSetIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void start(int majorVersion) {
    server =
        PostgresServer.start(
            PostgresOptions.defaults().withoutSync().withMajorVersion(majorVersion));
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  /** A batch after another, until nothing is new. */
  private static List<String> drained(TestDatabase database) throws SQLException {
    List<String> noted = new ArrayList<>();
    List<String> tick = database.query("SELECT tick FROM events.next_batch()");
    while (!tick.isEmpty()) {
      noted.addAll(database.query(NOTED.formatted(Integer.parseInt(tick.get(0)))));
      assertThat(database.query("SELECT events.finish_batch(" + tick.get(0) + ", '{}')"))
          .containsExactly("t");
      tick = database.query("SELECT tick FROM events.next_batch()");
    }
    return noted;
  }

  @Test
  void aWriterNeedsNoRightsOnTheOutbox() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "events");
    RoleSession.createRole(database, WRITER);
    database.execute(
        """
        GRANT USAGE ON SCHEMA agents, tasks TO %1$s;
        GRANT SELECT, INSERT, UPDATE, DELETE ON agents.registry, agents.state TO %1$s;
        GRANT TRUNCATE ON agents.state TO %1$s;
        INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('%2$s', 'w', 'p')
        """
            .formatted(WRITER, OURS));
    try (RoleSession writer = database.connectAs(WRITER, "")) {
      writer.execute(
          "INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('%s', 'k', '1')"
              .formatted(OURS));
      writer.execute("UPDATE agents.state SET deleted_at = now(), version = 2");
      writer.execute("DELETE FROM agents.state");
      writer.execute("TRUNCATE agents.state");
      for (String call :
          List.of(
              "SELECT * FROM events.outbox",
              "INSERT INTO events.outbox (segment, xid, at, kind)"
                  + " VALUES (0, '9', now(), 'state_insert')",
              "SELECT * FROM events.next_batch()",
              "SELECT events.rotate()",
              "SELECT * FROM events.read_batch(1, 0, 1, 1, 1)")) {
        assertThat(writer.assertFails("42501", call)).contains("permission denied");
      }
    }
    assertThat(drained(database))
        .containsExactly("state_insert k", "state_delete k", "state_truncate");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void changesHaveTheTenantOfTheirRows(boolean eventsFirst) throws SQLException {
    TestDatabase database = TestDatabase.migrated(server);
    List<OptionalSet> sets = eventsFirst ? List.of(EVENTS, TENANTS) : List.of(TENANTS, EVENTS);
    for (OptionalSet set : sets) {
      set.apply(database.dataSource());
      if (set.equals(EVENTS) && eventsFirst) {
        // A plan without the column is cached, and has to go.
        database.execute("INSERT INTO tasks.queue (task_type) VALUES ('before')");
        assertThat(drained(database)).containsExactly("task_created");
      }
    }
    RoleSession.createRole(database, APPLICATION, "app_tenant");
    RoleSession.createRole(database, RUNTIME, "app_flusher");
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name, tenant_id)
        VALUES ('%1$s', 'w', 'ours', '%1$s'), ('%2$s', 'w', 'theirs', '%2$s')
        """
            .formatted(OURS, THEIRS));
    try (RoleSession application =
            database.connectAs(APPLICATION, "-c app.current_tenant_id=" + OURS);
        RoleSession runtime = database.connectAs(RUNTIME, "")) {
      application.execute("INSERT INTO tasks.queue (task_type) VALUES ('t')");
      application.execute("UPDATE tasks.queue SET metadata = '{\"a\": 1}'");
      assertThat(application.assertFails("42501", "SELECT * FROM events.outbox"))
          .contains("permission denied");
      runtime.execute(
          """
          INSERT INTO agents.state (agent_id, state_key, state_value)
          VALUES ('%s', 'a', '1'), ('%s', 'b', '1');
          UPDATE agents.state SET version = 2;
          UPDATE agents.state SET deleted_at = now(), version = 3 WHERE state_key = 'a'
          """
              .formatted(OURS, THEIRS));
      String next = runtime.query("SELECT tick FROM events.next_batch()").get(0);
      assertThat(runtime.query(NOTED.formatted(Integer.parseInt(next))))
          .containsExactly(
              "task_created " + OURS,
              "task_updated " + OURS,
              "state_insert a " + OURS,
              "state_insert b " + THEIRS,
              "state_update a " + OURS,
              "state_update b " + THEIRS,
              "state_delete a " + OURS);
      assertThat(runtime.query("SELECT events.finish_batch(" + next + ", '{\"S\": 1}')"))
          .containsExactly("t");
      assertThat(runtime.query("SELECT changes FROM events.backlog()")).containsExactly("0");
      assertThat(runtime.query("SELECT max(tick) FROM events.positions")).containsExactly(next);
      assertThat(runtime.query("SELECT events.rotate() >= 0")).containsExactly("t");
    }
    assertThat(database.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
  }

  /** The relay reads no table in full, however much waits. */
  @Test
  void aBatchIsFoundByTheIndex() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "events");
    assertThat(
            database.query(
                """
                EXPLAIN SELECT FROM events.outbox WHERE event_id > 5 ORDER BY event_id LIMIT 9
                """,
                "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off"))
        .anyMatch(line -> line.contains("using outbox_0_pkey"))
        .noneMatch(line -> line.contains("Seq Scan") || line.contains("Sort  "));
  }

  @Test
  void withoutTheSetNothingIsThere() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server);
    assertThat(
            database.query(
                """
                SELECT tgname FROM pg_trigger
                 WHERE tgrelid IN (SELECT 'tasks.queue'::regclass UNION ALL
                                   SELECT relid FROM pg_partition_tree('agents.state'))
                   AND tgname LIKE 'events%'
                """))
        .isEmpty();
    assertThat(database.query("SELECT to_regnamespace('events') IS NULL")).containsExactly("t");
  }

  @Test
  void everyPartitionHasTheTriggers() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "events");
    assertThat(
            database.query(
                """
                SELECT string_agg(t.tgname, ' ' ORDER BY t.tgname)
                  FROM pg_partition_tree('agents.state') AS p
                  LEFT JOIN pg_trigger AS t ON t.tgrelid = p.relid AND t.tgname LIKE 'events%'
                 GROUP BY p.relid
                """))
        .hasSize(9)
        .containsOnly(
            "events_deleted events_inserted events_note_changed_key events_truncated"
                + " events_updated");
  }
}
