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
import org.junit.jupiter.params.provider.ValueSource;

/** The set roles beside all others: the rights of each role, and what is found to differ. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class RolesSetIT {
  private static final OptionalSet ROLES = new OptionalSet("roles");

  private static final String GAPS =
      """
      SELECT concat_ws(' ', coalesce(relation, '-'), coalesce(role_name, '-')) || ': ' || gap
        FROM agents.role_gaps()
      """;

  private static final String OPEN_TO_ROLES =
      """
      SELECT c.oid::regclass || ' ' || pg_get_userbyid(x.grantee)
        FROM pg_class AS c, aclexplode(c.relacl) AS x
       WHERE x.grantee <> 0
         AND pg_get_userbyid(x.grantee) IN
             ('app_primary', 'app_flush', 'app_background', 'app_replica', 'app_analytics')
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  RolesSetIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults().withoutSync().withMajorVersion(majorVersion));
    database =
        TestDatabase.migrated(
            server, "monitoring", "online", "recovery", "audit", "events", "roles");
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @Test
  void rolesHaveTheirLimitsAndMayDoNothingElse() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', rolname, rolconnlimit, rolcanlogin,
                                 rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)
                  FROM pg_roles WHERE rolname ~ '^app_(primary|flush$|background|replica|analytics)'
                 ORDER BY 1
                """))
        .containsExactly(
            "app_analytics 10 t f",
            "app_background 5 t f",
            "app_flush 5 t f",
            "app_primary 20 t f",
            "app_replica 15 t f");
  }

  /** A new table fails here until {@code agents.role_rights()} says whose it is. */
  @Test
  void everyTableOfEverySetIsDecidedUpon() throws SQLException {
    assertThat(database.query(GAPS)).isEmpty();
  }

  @Test
  void noRoleMayTruncateOrReachAPartition() throws SQLException {
    assertThat(database.query(OPEN_TO_ROLES + " AND c.relispartition")).isEmpty();
    assertThat(
            database.query(
                OPEN_TO_ROLES
                    + " AND x.privilege_type NOT IN"
                    + " ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          app_primary    | INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'one')
          app_primary    | SELECT id FROM agents.installation
          app_primary    | SELECT tasks.claim('{t}', NULL, NULL, 1, 'w', '1 h')
          app_primary    | SELECT sequence FROM agents.journal_positions
          app_primary    | SELECT row_data FROM audit.change_log
          app_primary    | UPDATE agents.data_keys SET wrapped_key = NULL, destroyed_at = now() WHERE subject = 's'
          app_flush      | SELECT nextval('agents.journal_epoch_numbers')
          app_flush      | UPDATE agents.journal_positions SET sequence = sequence
          app_flush      | DELETE FROM agents.journal_samples
          app_background | SELECT tasks.archive_completed('7 days')
          app_background | SELECT events.rotate()
          app_background | SELECT partitions.maintain_as_owner('messages.log')
          app_background | INSERT INTO agents.forgotten (agent_id) VALUES (gen_random_uuid())
          app_background | SELECT events.forget(gen_random_uuid(), '{}', now(), 1)
          app_background | SELECT audit.forget(gen_random_uuid(), '{}', now(), 1)
          app_background | DELETE FROM knowledge.facts WHERE source_agent_id = gen_random_uuid()
          app_background | DELETE FROM sagas.runs WHERE correlation_id = 'c'
          app_background | SELECT monitoring.run_alert_checks('{}')
          app_replica    | SELECT session_token FROM sessions.active
          app_analytics  | SELECT state_value FROM agents.state
          """)
  void eachRoleMay(String role, String sql) throws SQLException {
    try (RoleSession session = database.connectAs(role, "")) {
      session.connection().setAutoCommit(false);
      session.execute(sql);
      session.connection().rollback();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          app_primary    | UPDATE agents.journal_positions SET sequence = 0
          app_primary    | SELECT nextval('agents.journal_epoch_numbers')
          app_primary    | UPDATE agents.installation SET id = gen_random_uuid()
          app_primary    | SELECT agents.new_installation()
          app_primary    | SELECT payload FROM events.outbox
          app_primary    | SELECT events.next_batch()
          app_primary    | UPDATE audit.change_log SET actor = 'another'
          app_primary    | DELETE FROM audit.change_log
          app_primary    | SELECT audit.forget(gen_random_uuid(), '{}', now(), 1)
          app_primary    | SELECT audit.purge_old_records(1)
          app_primary    | SELECT agent_id FROM agents.forgotten
          app_primary    | SELECT encrypted_key FROM audit.encryption_keys
          app_primary    | TRUNCATE agents.registry CASCADE
          app_primary    | SELECT partitions.maintain_as_owner('messages.log')
          app_primary    | UPDATE partitions.settings SET retain = '1 day'
          app_primary    | SELECT agents.grant_role_rights()
          app_flush      | INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'f')
          app_flush      | SELECT wrapped_key FROM agents.data_keys
          app_flush      | SELECT task_id FROM tasks.queue
          app_flush      | SELECT session_token FROM sessions.active
          app_flush      | SELECT payload FROM messages.log
          app_background | DELETE FROM agents.registry
          app_background | INSERT INTO knowledge.facts (entity_type) VALUES ('e')
          app_background | SELECT wrapped_key FROM agents.data_keys
          app_background | SELECT row_data FROM audit.change_log
          app_background | SELECT audit.purge_old_records(1)
          app_background | SELECT partitions.maintain(now() + '1000 years', 'messages.log')
          app_background | DROP TABLE agents.state
          app_background | SELECT payload FROM events.outbox
          app_replica    | INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'r')
          app_replica    | SELECT value FROM agents.dead_letters
          app_replica    | SELECT wrapped_key FROM agents.data_keys
          app_analytics  | SELECT session_token FROM sessions.active
          app_analytics  | SELECT value FROM agents.dead_letters
          app_analytics  | DELETE FROM agents.state
          app_analytics  | SELECT agent_id FROM agents.state_0
          """)
  void noRoleMay(String role, String sql) throws SQLException {
    try (RoleSession session = database.connectAs(role, "")) {
      session.assertFails("42501", sql);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"app_primary", "app_flush", "app_background", "app_replica", "app_analytics"})
  void noRoleMayCreateAnything(String role) throws SQLException {
    try (RoleSession session = database.connectAs(role, "")) {
      for (String schema : database.query("SELECT unnest(agents.role_schemas())")) {
        session.assertFails("42501", "CREATE TABLE %s.mine (a INT)".formatted(schema));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          agents.probe -: nothing is said about it                 | CREATE TABLE agents.probe (a INT)
          sagas.runs app_primary: DELETE is missing                | REVOKE DELETE ON sagas.runs FROM app_primary
          agents.registry app_flush: INSERT is more than it needs  | GRANT INSERT ON agents.registry TO app_flush
          agents.state_3 app_replica: SELECT is more than it needs | GRANT SELECT ON agents.state_3 TO app_replica
          - app_flush: it may do more than an application needs    | ALTER ROLE app_flush BYPASSRLS
          - app_flush: it owns agents.probe                        | CREATE TABLE agents.probe (a INT); ALTER TABLE agents.probe OWNER TO app_flush
          """)
  void gapIsReportedAndClosed(String gap, String sql) throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      admin.connection().setAutoCommit(false);
      admin.execute(sql);
      assertThat(admin.query(GAPS)).contains(gap);
      admin.query("SELECT agents.grant_role_rights()");
      if (gap.contains("DELETE") || gap.contains("more than it needs")) {
        assertThat(admin.query(GAPS)).isEmpty();
      }
      admin.connection().rollback();
    }
  }

  /** The limit of connections is the operator's from then on. */
  @Test
  void aRoleThatIsThereKeepsItsSettings() throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      admin.connection().setAutoCommit(false);
      admin.execute("ALTER ROLE app_primary CONNECTION LIMIT 77; " + ROLES.script("V1.0.0"));
      assertThat(admin.query("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_primary'"))
          .containsExactly("77");
      admin.connection().rollback();
      assertThat(
              admin.assertFails(
                  "42501", "ALTER ROLE app_primary BYPASSRLS;" + ROLES.script("V1.0.0")))
          .contains("app_primary", "more than an application needs");
    }
  }

  @Test
  void besideTenantsEachRoleSeesTheTenantThatItsSessionNames() throws SQLException {
    TestDatabase shared =
        TestDatabase.migrated(server, "monitoring", "audit", "events", "roles", "tenants");
    shared.execute("SELECT agents.grant_role_rights()");
    assertThat(shared.query(GAPS)).isEmpty();
    assertThat(shared.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
    String ours = "aaaaaaaa-0000-4000-8000-000000000001";
    String theirs = "bbbbbbbb-0000-4000-8000-000000000002";
    for (String tenant : List.of(ours, theirs)) {
      try (RoleSession callers =
          shared.connectAs("app_primary", "-c app.current_tenant_id=" + tenant)) {
        callers.execute("INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'a')");
      }
    }
    String tenants = "SELECT tenant_id FROM agents.registry ORDER BY 1";
    for (String role :
        List.of("app_primary", "app_flush", "app_background", "app_replica", "app_analytics")) {
      try (RoleSession session = shared.connectAs(role, "-c app.current_tenant_id=" + ours)) {
        assertThat(session.query(tenants)).as(role).containsExactly(ours);
        session.assertFails("42501", "SELECT payload FROM events.outbox");
        session.assertFails("42501", "SELECT events.next_batch()");
      }
      try (RoleSession unbound = shared.connectAs(role, "")) {
        assertThat(unbound.query(tenants)).as(role).isEmpty();
        unbound.assertFails(
            "42501", "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'b')");
      }
    }
    try (RoleSession callers = shared.connectAs("app_primary", "")) {
      callers.assertFails("42501", "SELECT job_name FROM monitoring.jobs");
    }
    emptiesChangesOfItsTenantAlone(shared, ours, theirs);
    RoleSession.createRole(shared, "it_roles_of_all", "app_background", "app_flusher");
    try (RoleSession all = shared.connectAs("it_roles_of_all", "")) {
      assertThat(all.query(tenants)).containsExactly(ours, theirs);
    }
  }

  private static void emptiesChangesOfItsTenantAlone(
      TestDatabase shared, String ours, String theirs) throws SQLException {
    try (RoleSession callers =
        shared.connectAs("app_primary", "-c app.current_tenant_id=" + theirs)) {
      callers.execute("INSERT INTO tasks.queue (task_type, metadata) VALUES ('t', '{\"a\": 1}')");
    }
    String forget =
        "SELECT events.forget(gen_random_uuid(), ARRAY['%s'::UUID], now(), 10)"
            .formatted(shared.query("SELECT task_id FROM tasks.queue").get(0));
    for (String options : List.of("-c app.current_tenant_id=" + ours, "")) {
      try (RoleSession others = shared.connectAs("app_background", options)) {
        assertThat(others.query(forget)).containsExactly("0");
      }
    }
    try (RoleSession own =
        shared.connectAs("app_background", "-c app.current_tenant_id=" + theirs)) {
      assertThat(own.query(forget)).containsExactly("1");
      own.assertFails("42501", "SELECT audit.forget(gen_random_uuid(), '{}', now(), 1)");
    }
  }

  /** It cannot choose how long: who writes the log could hide what was changed. */
  @Test
  void backgroundDropsMonthsOfTheAuditOnceTheOwnerHasSaidHowLongItIsKept() throws SQLException {
    database.execute(
        """
        CREATE TABLE audit.change_log_2020_01 PARTITION OF audit.change_log
          FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')
        """);
    String isThere = "SELECT to_regclass('audit.change_log_2020_01') IS NOT NULL";
    String register = "SELECT partitions.register('audit.change_log', '1 month', 3, %s)";
    String maintain = "SELECT outcome FROM partitions.maintain_as_owner('audit.change_log')";
    try (RoleSession background = database.connectAs("app_background", "")) {
      assertThat(background.query(maintain)).containsExactly("done");
      assertThat(database.query(isThere)).containsExactly("t");
      database.execute(register.formatted("'90 days'"));
      assertThat(background.query(maintain)).containsExactly("done");
      assertThat(database.query(isThere)).containsExactly("f");
    } finally {
      database.execute(register.formatted("NULL"));
    }
  }

  @Test
  void isTakenBackWithoutATrace() throws SQLException {
    TestDatabase fresh = TestDatabase.migrated(server, "events");
    ROLES.apply(fresh.dataSource());
    assertThat(fresh.query(OPEN_TO_ROLES)).isNotEmpty();
    ROLES.takeBack(fresh.dataSource());
    assertThat(fresh.query(OPEN_TO_ROLES)).isEmpty();
    try (RoleSession callers = fresh.connectAs("app_primary", "")) {
      callers.assertFails("42501", "SELECT agent_id FROM agents.registry");
    }
  }
}
