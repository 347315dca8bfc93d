package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two tenants with the same rows in every table that hangs on agents, beside the audit. In one
 * file, since the tests share the database and the roles, which take most of the time.
 */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TenantSchemaIT {
  private static final String PARENT_KEY =
      """
      SELECT pg_get_constraintdef(oid) FROM pg_constraint
       WHERE conname = 'checkpoints_parent_checkpoint_id_fkey'
      """;

  private static final String APPLICATION = "it_tenant_schema";
  private static final String FLUSHER = "it_tenant_schema_flush";
  private static final String OTHER = "it_tenant_schema_other";

  /** May read every table, and is subject to the policies all the same. */
  private static final String READER = "it_tenant_schema_reader";

  private static final String OURS = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String THEIRS = "bbbbbbbb-0000-4000-8000-000000000002";

  /**
   * Tables that say nothing about a tenant. A new table fails the test until it is isolated, or is
   * listed here with a reason in docs/permissions.md.
   */
  private static final List<String> OF_NOBODY =
      List.of(
          "agents.installation",
          "agents.journal_epochs",
          "agents.journal_positions",
          "agents.journal_leases",
          "agents.journal_samples",
          "agents.large_values",
          "agents.value_chunks",
          "tasks.dependency_lock",
          "partitions.settings");

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TenantSchemaIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults().withoutSync().withMajorVersion(majorVersion));
    database = TestDatabase.migrated(server);
    OptionalSet.TENANTS.apply(database.dataSource());
    OptionalSet.AUDIT.apply(database.dataSource());
    new OptionalSet("roles").apply(database.dataSource());
    RoleSession.createRole(database, APPLICATION, "app_tenant");
    RoleSession.createRole(database, FLUSHER, "app_flusher");
    try (RoleSession ours = as(OURS);
        RoleSession theirs = as(THEIRS)) {
      ours.execute(TenantRows.of(TenantRows.ROWS, 1));
      theirs.execute(TenantRows.of(TenantRows.ROWS, 2));
    }
    RoleSession.createRole(database, READER, "pg_read_all_data");
    try (RoleSession ours = as(FLUSHER, OURS);
        RoleSession theirs = as(FLUSHER, THEIRS)) {
      ours.execute(TenantRows.of(TenantRows.FLUSHED, 1));
      theirs.execute(TenantRows.of(TenantRows.FLUSHED, 2));
    }
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  private static RoleSession as(String tenant) throws SQLException {
    return as(APPLICATION, tenant);
  }

  private static RoleSession as(String role, String tenant) throws SQLException {
    return database.connectAs(role, "-c app.current_tenant_id=" + tenant);
  }

  @Test
  void everyRowIsItsTenantsAndNobodySeesAnothers() throws SQLException {
    List<String> tables =
        database.query(
            """
            SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND c.oid NOT IN ('agents.state'::regclass, 'tasks.archive'::regclass)
            """);
    assertThat(tables).hasSize(29);
    try (RoleSession ours = as(READER, OURS)) {
      for (String table : tables) {
        assertThat(ours.query("SELECT DISTINCT tenant_id FROM " + table))
            .as(table)
            .containsExactly(OURS);
        assertThat(database.query("SELECT DISTINCT tenant_id FROM %s ORDER BY 1".formatted(table)))
            .as(table)
            .containsExactly(OURS, THEIRS);
      }
    }
    assertThat(database.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
  }

  @Test
  void everyTableHasATenantUnlessItIsNobodys() throws SQLException {
    List<String> without =
        database.query(
            """
            SELECT c.oid::regclass
              FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname IN ('agents', 'tasks', 'messages', 'sessions', 'knowledge', 'sagas',
                                 'partitions')
               AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND NOT EXISTS (SELECT FROM pg_policy AS p
                                WHERE p.polrelid = c.oid AND p.polname = 'tenant_isolation')
            """);
    assertThat(without).containsExactlyInAnyOrderElementsOf(OF_NOBODY);
  }

  /** Tables, partitions and views of every schema, so that a new one is tried by itself. */
  @Test
  void nothingInTheDatabaseShowsAnotherTenantsRow() throws SQLException {
    List<String> relations =
        database.query(
            """
            SELECT c.oid::regclass
              FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname !~ '^pg_|^information_schema$' AND c.relkind IN ('r', 'p', 'v', 'm')
            """);
    assertThat(relations).contains("agents.state_0", "agents.registry_masked", "audit.change_log");
    for (String role :
        List.of(
            APPLICATION,
            "app_primary",
            "app_flush",
            "app_background",
            "app_replica",
            "app_analytics")) {
      int seen = 0;
      try (RoleSession ours = as(role, OURS)) {
        for (String relation : relations) {
          seen += rowsWith(ours, relation, OURS);
          assertThat(rowsWith(ours, relation, "-000000000002"))
              .as("%s in %s", role, relation)
              .isZero();
        }
      }
      assertThat(seen).as("its own rows for %s", role).isPositive();
    }
    try (RoleSession ours = as(READER, OURS)) {
      for (String relation : List.of("agents.large_values", "agents.value_chunks")) {
        assertThat(ours.query("SELECT content FROM " + relation))
            .as(relation)
            .containsExactly(TenantRows.of("'B'", 1).replace("'", ""));
      }
    }
  }

  /** The rows that the session sees and that hold a text; none where it may not look. */
  private static int rowsWith(RoleSession session, String relation, String text)
      throws SQLException {
    try {
      return Integer.parseInt(
          session
              .query(
                  "SELECT count(*) FROM %s AS t WHERE t::text LIKE '%%%s%%'"
                      .formatted(relation, text))
              .get(0));
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as(relation + ": " + e.getMessage()).isEqualTo("42501");
      return 0;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          checkpoints_agent_id_fkey | INSERT INTO agents.checkpoints (agent_id, state_snapshot) VALUES ('A', '{}')
          checkpoints_parent_checkpoint_id_fkey | INSERT INTO agents.checkpoints (agent_id, state_snapshot, parent_checkpoint_id) SELECT agent_id, '{}', 'B' FROM agents.registry
          lifecycle_events_agent_id_fkey | INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES ('A', 'e')
          lifecycle_events_triggered_by_fkey | UPDATE agents.lifecycle_events SET triggered_by = 'A'
          queue_assigned_agent_id_fkey | INSERT INTO tasks.queue (task_type, assigned_agent_id) VALUES ('t', 'A')
          queue_created_by_agent_id_fkey | INSERT INTO tasks.queue (task_type, created_by_agent_id) VALUES ('t', 'A')
          queue_parent_task_id_fkey | INSERT INTO tasks.queue (task_type, parent_task_id) VALUES ('t', 'B')
          dependencies_task_id_fkey | UPDATE tasks.dependencies SET task_id = 'B'
          dependencies_depends_on_task_id_fkey | UPDATE tasks.dependencies SET depends_on_task_id = 'B'
          executions_task_id_fkey | INSERT INTO tasks.executions (task_id, agent_id, execution_attempt) SELECT 'B', agent_id, 5 FROM agents.registry
          executions_agent_id_fkey | UPDATE tasks.executions SET agent_id = 'A'
          execution_attempts_task_id_fkey | INSERT INTO tasks.execution_attempts VALUES ('B', 9, gen_random_uuid(), now())
          subscriptions_agent_id_fkey | UPDATE messages.subscriptions SET agent_id = 'A'
          subscriptions_channel_id_fkey | UPDATE messages.subscriptions SET channel_id = 'D'
          log_channel_id_fkey | INSERT INTO messages.log (channel_id, message_type) VALUES ('D', 'command')
          log_from_agent_id_fkey | UPDATE messages.log SET from_agent_id = 'A'
          log_to_agent_id_fkey | INSERT INTO messages.log (to_agent_id, message_type) VALUES ('A', 'command')
          deliveries_agent_id_fkey | UPDATE messages.deliveries SET agent_id = 'A'
          deliveries_channel_id_fkey | INSERT INTO messages.deliveries (message_id, sent_at, channel_id, priority) VALUES ('B', now(), 'D', 0)
          active_agent_id_fkey | UPDATE sessions.active SET agent_id = 'A'
          facts_source_agent_id_fkey | UPDATE knowledge.facts SET source_agent_id = 'A'
          runs_parent_id_fkey | INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '{}', 'c', 'A')
          embeddings_fact_id_fkey | INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ('E', 'o', '1', 't', 'h')
          """)
  void noKeyReachesAnotherTenantsRow(String constraint, String sql) throws SQLException {
    try (RoleSession ours = as(OURS)) {
      assertThat(ours.assertFails("23503", TenantRows.of(sql, 2))).contains(constraint);
    }
  }

  /** One that takes them for unnamed, since it sees no entries, must not remove them. */
  @Test
  void onlyTheFlusherSeesContentsOfLargeValues() throws SQLException {
    RoleSession.createRole(database, OTHER);
    database.execute(
        """
        GRANT USAGE ON SCHEMA agents TO %1$s;
        GRANT ALL ON agents.large_values, agents.value_chunks, agents.large_value_names TO %1$s;
        """
            .formatted(OTHER));
    try (RoleSession flusher = database.connectAs(FLUSHER, "");
        RoleSession other = database.connectAs(OTHER, "")) {
      flusher.execute(
          TenantRows.of(
              """
              INSERT INTO agents.large_values (content, written_at) VALUES ('A', now());
              INSERT INTO agents.value_chunks VALUES ('A', 0, '\\x01');
              INSERT INTO agents.large_value_names VALUES ('A', 'A', '_large.k', TRUE);
              """,
              1));
      for (String table : List.of("large_values", "value_chunks", "large_value_names")) {
        String count =
            TenantRows.of("SELECT count(*) FROM agents.%s WHERE content = 'A'", 1).formatted(table);
        assertThat(other.query(count)).as(table).containsExactly("0");
        assertThat(flusher.query(count)).as(table).containsExactly("1");
      }
      other.execute("DELETE FROM agents.large_values");
      assertThat(
              flusher.query(
                  TenantRows.of(
                      "DELETE FROM agents.large_values WHERE content = 'A' RETURNING content", 1)))
          .hasSize(1);
      assertThat(
              database.query(
                  TenantRows.of("SELECT count(*) FROM agents.value_chunks WHERE content = 'A'", 1)))
          .containsExactly("0");
    } finally {
      database.execute("DROP OWNED BY " + OTHER);
    }
  }

  @Test
  void nameOfAChannelIsUniqueAmongItsTenants() throws SQLException {
    try (RoleSession ours = as(OURS)) {
      assertThat(
              ours.assertFails(
                  "23505",
                  "INSERT INTO messages.channels (channel_name, channel_type)"
                      + " VALUES ('the same', 'queue')"))
          .contains("channels_channel_name_key");
    }
  }

  @Test
  void rowsOfASagaAreItsTenantsWhicheverRuntimeWritesThem() throws SQLException {
    try (RoleSession flusher = database.connectAs(FLUSHER, "-c app.current_tenant_id=" + THEIRS)) {
      flusher.connection().setAutoCommit(false);
      flusher.execute(
          TenantRows.of(
              """
              INSERT INTO sagas.log (saga_id, position, run_number, event)
              VALUES ('A', 2, 1, 'done');
              DELETE FROM sagas.open WHERE saga_id = 'A';
              INSERT INTO sagas.open (saga_id, name, version, due_at, deadline)
              VALUES ('A', 'order', 1, now(), now());
              """,
              1));
      for (String table : List.of("log", "open")) {
        assertThat(
                flusher.query(
                    TenantRows.of("SELECT DISTINCT tenant_id FROM sagas.%s WHERE saga_id = 'A'", 1)
                        .formatted(table)))
            .as(table)
            .containsExactly(OURS);
      }
      flusher.connection().rollback();
    }
  }

  @Test
  void nobodyChangesTheLogOfASaga() throws SQLException {
    try (RoleSession ours = as(OURS);
        RoleSession flusher = database.connectAs(FLUSHER, "")) {
      for (RoleSession session : List.of(ours, flusher)) {
        session.assertFails("42501", "UPDATE sagas.log SET event = 'done'");
      }
    }
  }

  /** A runtime that saw both would remove the agent of the one for the other. */
  @Test
  void anAgentIsForgottenByTheTenantThatAskedAlone() throws SQLException {
    String rows = "SELECT agent_id || ' ' || tenant_id FROM agents.forgotten";
    String ours = TenantRows.of("'A'", 1).replace("'", "");
    try (RoleSession theirs = as("app_background", THEIRS);
        RoleSession mine = as("app_background", OURS);
        RoleSession all = database.connectAs(FLUSHER, "")) {
      theirs.execute("INSERT INTO agents.forgotten (agent_id) VALUES ('%s')".formatted(ours));
      assertThat(all.query(rows)).isEmpty();
      assertThat(mine.query(rows)).containsExactly(ours + " " + OURS);
    } finally {
      database.execute(
          "DELETE FROM agents.forgotten WHERE agent_id = '%s' AND tenant_id = '%s'"
              .formatted(ours, THEIRS));
    }
  }

  @Test
  void archivedTaskKeepsItsTenantWhicheverRoleArchivesIt() throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      admin.connection().setAutoCommit(false);
      admin.execute(
          """
          DELETE FROM tasks.dependencies;
          UPDATE tasks.queue SET status = 'cancelled' WHERE parent_task_id IS NOT NULL
          """);
      assertThat(admin.query("SELECT tasks.archive_completed('0 s')")).containsExactly("2");
      assertThat(admin.query("SELECT tenant_id FROM tasks.archive ORDER BY 1"))
          .containsExactly(OURS, THEIRS);
      admin.connection().rollback();
    }
  }

  @Test
  void taskIsClaimedByItsTenantOnly() throws SQLException {
    try (RoleSession ours = as(OURS)) {
      ours.connection().setAutoCommit(false);
      assertThat(
              ours.query(
                  TenantRows.of("SELECT task_id FROM tasks.claim_next('A', p_limit => 9)", 1)))
          .containsExactly(TenantRows.of("'C'", 1).replace("'", ""));
      ours.connection().rollback();
    }
  }

  @Test
  void messageOutlivesItsRecipientAndStaysItsTenants() throws SQLException {
    try (RoleSession ours = as(OURS)) {
      ours.connection().setAutoCommit(false);
      ours.execute("DELETE FROM tasks.executions");
      ours.execute(TenantRows.of("DELETE FROM agents.registry WHERE agent_id = 'A'", 1));
      assertThat(ours.query("SELECT tenant_id FROM messages.log WHERE orphaned_at IS NOT NULL"))
          .containsExactly(OURS);
      assertThat(ours.query("SELECT tenant_id FROM tasks.queue")).containsExactly(OURS, OURS, OURS);
      ours.connection().rollback();
    }
  }

  @Test
  void parentsOfCheckpointsCarryTheTenantWhileTheSetIsApplied() throws SQLException {
    TestDatabase fresh = TestDatabase.migrated(server);
    OptionalSet.TENANTS.apply(fresh.dataSource());
    assertThat(fresh.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
    assertThat(fresh.query(PARENT_KEY))
        .containsExactly(
            "FOREIGN KEY (tenant_id, parent_checkpoint_id)"
                + " REFERENCES agents.checkpoints(tenant_id, checkpoint_id)");

    OptionalSet.TENANTS.takeBack(fresh.dataSource());
    assertThat(fresh.query(PARENT_KEY))
        .containsExactly(
            "FOREIGN KEY (parent_checkpoint_id) REFERENCES agents.checkpoints(checkpoint_id)");
  }

  @Test
  void changesOfTasksAreLogged() throws SQLException {
    try (RoleSession ours = as(OURS)) {
      ours.execute(TenantRows.of("UPDATE tasks.queue SET task_name = 'x' WHERE task_id = 'B'", 1));
    }
    assertThat(
            database.query(
                TenantRows.of(
                    """
                    SELECT concat_ws(' ', operation, changed_by, changed_fields -> 'task_name')
                      FROM audit.change_log
                     WHERE table_schema = 'tasks' AND row_data ->> 'task_id' = 'B'
                     ORDER BY changed_at
                    """,
                    1)))
        .containsExactly(
            "INSERT " + APPLICATION,
            "UPDATE " + APPLICATION, // its dependency is counted
            "UPDATE " + APPLICATION + " {\"new\": \"x\", \"old\": null}");
  }
}
