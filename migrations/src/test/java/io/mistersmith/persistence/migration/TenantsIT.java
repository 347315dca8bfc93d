package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each role can read and change rows of its own tenant, and none of another's. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TenantsIT {
  private static final String OURS = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String THEIRS = "bbbbbbbb-0000-4000-8000-000000000002";
  private static final String NOBODYS = "00000000-0000-0000-0000-000000000000";
  private static final String OUR_AGENT = "11111111-1111-4111-8111-111111111111";
  private static final String THEIR_AGENT = "22222222-2222-4222-8222-222222222222";
  private static final String OLD_AGENT = "33333333-3333-4333-8333-333333333333";

  private static final String APPLICATION = "it_tenant_application";
  private static final String RUNTIME = "it_tenant_runtime";
  private static final String REPORTS = "it_tenant_reports";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("NullAway.Init") // opened before each test
  private RoleSession application;

  @SuppressWarnings("NullAway.Init")
  private RoleSession runtime;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TenantsIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults().withoutSync().withMajorVersion(majorVersion));
    database = TestDatabase.migrated(server);
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        VALUES ('%1$s', 'w', 'old');
        INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('%1$s', 'k', '0')
        """
            .formatted(OLD_AGENT));
    OptionalSet.TENANTS.apply(database.dataSource());
    RoleSession.createRole(database, APPLICATION, "app_tenant");
    RoleSession.createRole(database, RUNTIME, "app_flusher");
    RoleSession.createRole(database, REPORTS, "app_readonly");
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, tenant_id, agent_type, agent_name, configuration)
        VALUES ('%s', '%s', 'w', 'ours', '{"n": [{"apiKey": "x"}], "secret": {"a": 1}}'),
               ('%s', '%s', 'w', 'theirs', '{}');
        INSERT INTO agents.state (agent_id, state_key, state_value)
        VALUES ('%s', 'k', '1'), ('%s', 'k', '2')
        """
            .formatted(OUR_AGENT, OURS, THEIR_AGENT, THEIRS, OUR_AGENT, THEIR_AGENT));
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void logIn() throws SQLException {
    application = as(APPLICATION, OURS);
    runtime = as(RUNTIME, OURS);
  }

  @AfterEach
  void logOut() throws SQLException {
    application.close();
    runtime.close();
  }

  private static RoleSession as(String role, String tenant) throws SQLException {
    return database.connectAs(role, "-c app.current_tenant_id=" + tenant);
  }

  @Test
  void sessionSeesItsTenantAndNoOther() throws SQLException {
    assertThat(application.query("SELECT agent_name FROM agents.registry")).containsExactly("ours");
    assertThat(application.query("SELECT state_value FROM agents.state")).containsExactly("1");
    assertThat(application.query("SELECT agent_name FROM agents.registry_masked"))
        .containsExactly("ours");
    assertThat(
            application.query(
                "WITH u AS (UPDATE agents.registry SET agent_type = 'w' RETURNING agent_name)"
                    + " SELECT agent_name FROM u"))
        .containsExactly("ours");
    assertThat(
            application.query(
                "WITH d AS (DELETE FROM agents.registry WHERE agent_name = 'theirs' RETURNING 1)"
                    + " SELECT count(*) FROM d"))
        .containsExactly("0");
  }

  @Test
  void tenantIsNamedForOneTransactionOnly() throws SQLException {
    try (RoleSession pooled = database.connectAs(APPLICATION, "")) {
      pooled.connection().setAutoCommit(false);
      assertThat(pooled.query("SELECT agents.use_tenant('%s')".formatted(THEIRS)))
          .containsExactly(THEIRS);
      assertThat(pooled.query("SELECT agent_name FROM agents.registry")).containsExactly("theirs");
      pooled.connection().commit();
      // The setting is an empty text from now on, not unset.
      assertThat(pooled.query("SELECT agent_name FROM agents.registry")).isEmpty();
      assertThat(pooled.query("SELECT agents.current_tenant_id() IS NULL")).containsExactly("t");
      pooled.query("SELECT agents.use_tenant('%s')".formatted(THEIRS));
      assertThat(pooled.query("SELECT agents.use_tenant(NULL) IS NULL")).containsExactly("t");
      assertThat(pooled.query("SELECT agent_name FROM agents.registry")).isEmpty();
      pooled.connection().rollback();
    }
  }

  @Test
  void sessionWithoutTenantSeesAndWritesNothing() throws SQLException {
    try (RoleSession unbound = database.connectAs(APPLICATION, "")) {
      assertThat(unbound.query("SELECT agent_id FROM agents.registry")).isEmpty();
      assertThat(unbound.query("SELECT state_key FROM agents.state")).isEmpty();
      unbound.assertFails("42501", register("unbound", ""));
    }
  }

  @Test
  void tenantThatIsNoUuidIsAnError() throws SQLException {
    try (RoleSession mistaken = as(APPLICATION, "acme")) {
      assertThat(mistaken.assertFails("22P02", "SELECT agent_id FROM agents.registry"))
          .contains("acme");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          INSERT INTO agents.registry (agent_type, agent_name, tenant_id) VALUES ('w', 'x', 'THEIRS')
          UPDATE agents.registry SET tenant_id = 'THEIRS'
          INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('THEIR_AGENT', 'w', 'x') ON CONFLICT (agent_id) DO UPDATE SET agent_name = 'stolen'
          INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('OUR_AGENT', 'x', '1')
          TRUNCATE agents.registry CASCADE
          SELECT value FROM agents.dead_letters
          UPDATE agents.journal_positions SET sequence = 0
          CREATE TABLE agents.mine (a INT)
          ALTER TABLE agents.registry DISABLE ROW LEVEL SECURITY
          """)
  void applicationMayNot(String sql) throws SQLException {
    application.assertFails("42501", withIds(sql));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          registry_parent_agent_id_fkey | INSERT INTO agents.registry (agent_type, agent_name, parent_agent_id) VALUES ('w', 'x', 'THEIR_AGENT')
          state_agent_id_fkey | INSERT INTO agents.state (agent_id, state_key, state_value, tenant_id) VALUES ('THEIR_AGENT', 'x', '1', 'OURS')
          state_agent_id_fkey | UPDATE agents.state SET tenant_id = 'THEIRS' WHERE agent_id = 'OUR_AGENT'
          state_agent_id_fkey | INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (gen_random_uuid(), 'x', '1')
          state_agent_id_fkey | UPDATE agents.registry SET tenant_id = 'THEIRS' WHERE agent_id = 'OUR_AGENT'
          """)
  void noRowRefersToAnotherTenants(String constraint, String sql) throws SQLException {
    assertThat(runtime.assertFails("23503", withIds(sql))).contains(constraint);
  }

  @Test
  void agentsTakeTheConnectionsTenantAndStateTakesTheAgents() throws SQLException {
    runtime.connection().setAutoCommit(false);
    assertThat(runtime.query(register("new", "RETURNING tenant_id"))).containsExactly(OURS);
    assertThat(
            runtime.query(
                withIds(
                    """
                    INSERT INTO agents.state (agent_id, state_key, state_value)
                    VALUES ('THEIR_AGENT', 'flushed', '3'), ('OUR_AGENT', 'flushed', '4')
                    ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = '5'
                    RETURNING tenant_id
                    """)))
        .containsExactly(THEIRS, OURS);
    runtime.connection().rollback();
    try (RoleSession unnamed = database.connectAs(RUNTIME, "")) {
      unnamed.connection().setAutoCommit(false);
      assertThat(unnamed.query(register("new", "RETURNING tenant_id"))).containsExactly(NOBODYS);
      unnamed.connection().rollback();
    }
  }

  /** Else its rows would be the tenant's whose agent has that UUID. */
  @Test
  void stateOfAnOwnerOutsideTheRegistryIsRefusedWhoeverIsRegisteredUnderItsId()
      throws SQLException {
    runtime.connection().setAutoCommit(false);
    runtime.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        VALUES (agents.owner_id('conversation-7'), 'w', 'of the same id')
        """);
    assertThat(
            runtime.query(
                """
                INSERT INTO agents.state (agent_id, state_key, state_value)
                VALUES (agents.owner_id('conversation-7'), 'its own', '1')
                RETURNING tenant_id
                """))
        .containsExactly(OURS);
    assertThat(
            runtime.assertFails(
                "23514",
                """
                INSERT INTO agents.state (agent_id, owner, state_key, state_value)
                VALUES (agents.owner_id('conversation-7'), 'conversation-7', 'secret', '1')
                """))
        .contains("state_of_registered_agent");
  }

  @Test
  void runtimeReadsAllAndChangesOnlyItsOwnTenantsAgents() throws SQLException {
    assertThat(runtime.query("SELECT agent_name FROM agents.registry ORDER BY 1"))
        .containsExactly("old", "ours", "theirs");
    assertThat(runtime.query("SELECT state_value FROM agents.state ORDER BY 1"))
        .containsExactly("0", "1", "2");
    for (String sql :
        List.of(
            "UPDATE agents.registry SET agent_name = 'x' WHERE agent_id = 'THEIR_AGENT'",
            "UPDATE agents.registry SET tenant_id = 'OURS' WHERE agent_id = 'THEIR_AGENT'",
            "DELETE FROM agents.registry WHERE agent_id = 'THEIR_AGENT'",
            "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('THEIR_AGENT',"
                + " 'w', 'x') ON CONFLICT (agent_id) DO UPDATE SET agent_name = 'stolen'")) {
      assertThat(runtime.assertFails("42501", withIds(sql))).contains("another tenant");
    }
    runtime.execute("UPDATE agents.registry SET last_heartbeat = now(), published_version = 1");
    try (RoleSession unnamed = database.connectAs(RUNTIME, "")) {
      unnamed.execute("UPDATE agents.registry SET agent_name = agent_name");
      unnamed.execute("SELECT nextval('agents.journal_epoch_numbers')");
      unnamed.execute("DELETE FROM agents.dead_letters");
    }
  }

  @Test
  void partitionsAreClosedToEverybody() throws SQLException {
    for (String partition :
        database.query(
            "SELECT relid FROM pg_partition_tree('agents.state') WHERE parentrelid IS NOT NULL")) {
      application.assertFails("42501", "SELECT * FROM " + partition);
      runtime.assertFails("42501", "SELECT * FROM " + partition);
    }
  }

  @Test
  void rowsFromBeforeBelongToTheTenantOfThoseWhoNameNone() throws SQLException {
    assertThat(
            database.query(
                "SELECT r.tenant_id || ' ' || s.tenant_id FROM agents.registry r"
                    + " JOIN agents.state s USING (agent_id) WHERE r.agent_id = '%s'"
                        .formatted(OLD_AGENT)))
        .containsExactly(NOBODYS + " " + NOBODYS);
  }

  @Test
  void reportsSeeTheMaskedRegistryOfTheirTenantAndNothingElse() throws SQLException {
    try (RoleSession reports = as(REPORTS, OURS)) {
      assertThat(
              reports.query(
                  "SELECT agent_name || ' ' || configuration FROM agents.registry_masked"))
          .containsExactly(
              "ours {\"n\": [{\"apiKey\": \"***MASKED***\"}], \"secret\": \"***MASKED***\"}");
      reports.assertFails("42501", "SELECT agent_id FROM agents.registry");
      reports.assertFails("42501", "SELECT agent_id FROM agents.state");
      reports.assertFails("42501", "SELECT agent_id FROM agents.state_0");
      reports.assertFails("42501", "UPDATE agents.registry_masked SET agent_name = 'x'");
    }
    try (RoleSession unbound = database.connectAs(REPORTS, "")) {
      assertThat(unbound.query("SELECT agent_name FROM agents.registry_masked")).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a": {"b": [{"db-password": "x"}, 1]}}          | {"a": {"b": [{"db-password": "***MASKED***"}, 1]}}
          {"credentials": [{"u": "x"}], "Token": 7}        | {"Token": "***MASKED***", "credentials": "***MASKED***"}
          {"max_tokens": 7, "auth": null, "secretary": ""} | {"auth": null, "secretary": "", "max_tokens": 7}
          {"say": "\\"secret\\": \\"no key\\""}            | {"say": "\\"secret\\": \\"no key\\""}
          """)
  void secretsAreMaskedAtAnyDepth(String document, String masked) throws SQLException {
    assertThat(database.query("SELECT agents.mask_secrets('%s')".formatted(document)))
        .containsExactly(masked);
    assertThat(database.query("SELECT agents.mask_secrets(NULL) IS NULL")).containsExactly("t");
  }

  @Test
  void knowledgeIsFoundByItsTenantOnly() throws SQLException {
    String found = "SELECT count(*) FROM knowledge.search_similar('{1,0}', 'm', '1')";
    application.connection().setAutoCommit(false);
    assertThat(
            application.query(
                withIds(
                    """
                    WITH fact AS (
                      INSERT INTO knowledge.facts
                             (entity_type, entity_id, predicate, object_value, object_type,
                              source_agent_id)
                      VALUES ('city', 'Berlin', 'is', '1', 'number', 'OUR_AGENT')
                      RETURNING fact_id, tenant_id)
                    SELECT tenant_id FROM fact
                    """)))
        .containsExactly(OURS);
    application.execute(
        "SELECT knowledge.store_embedding(fact_id, 'm', '1', '{1,0}', 't') FROM knowledge.facts");
    assertThat(application.query(found)).containsExactly("1");
    application.execute("SELECT agents.use_tenant('%s')".formatted(THEIRS));
    assertThat(application.query(found)).containsExactly("0");
    application.connection().rollback();
    assertThat(
            application.assertFails(
                "23503",
                withIds(
                    """
                    INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value,
                                                 object_type, source_agent_id)
                    VALUES ('city', 'Rome', 'is', '1', 'number', 'THEIR_AGENT')
                    """)))
        .contains("facts_source_agent_id_fkey");
  }

  private static String register(String name, String returning) {
    return "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', '%s') %s"
        .formatted(name, returning);
  }

  private static String withIds(String sql) {
    return sql.replace("OUR_AGENT", OUR_AGENT)
        .replace("THEIR_AGENT", THEIR_AGENT)
        .replace("OURS", OURS)
        .replace("THEIRS", THEIRS);
  }
}
