package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The set tenants, applied by an owner of the database who is no superuser; and its gaps. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TenantRolesIT {
  private static final String OWNER = "it_tenants_owner";
  private static final String STRANGER = "it_tenants_stranger";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TenantRolesIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults().withoutSync().withMajorVersion(majorVersion));
    database = new TestDatabase(server);
    RoleSession.createRole(database, OWNER);
    RoleSession.createRole(database, STRANGER);
    database.execute(
        """
        ALTER ROLE it_tenants_owner CREATEROLE;
        ALTER DATABASE %s OWNER TO it_tenants_owner;
        DO $$ BEGIN
          -- Where an earlier test's superuser made it, the owner cannot grant it to itself.
          IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_masked') THEN
            GRANT app_masked TO it_tenants_owner;
          END IF;
        END $$
        """
            .formatted(database.query("SELECT current_database()").get(0)));
    DataSource owned = database.dataSourceOf(OWNER, "");
    MigrationRunner.of(owned).apply();
    OptionalSet.TENANTS.apply(owned);
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @Test
  void ownerOfTheTablesIsSubjectToThePolicies() throws SQLException {
    String tenant = "cccccccc-0000-4000-8000-000000000003";
    try (RoleSession owner = database.connectAs(OWNER, "-c app.current_tenant_id=" + tenant)) {
      owner.execute("INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'owned')");
      owner.execute(
          "INSERT INTO agents.state (agent_id, state_key, state_value)"
              + " SELECT agent_id, 'k', '1' FROM agents.registry");
      assertThat(owner.query("SELECT tenant_id FROM agents.state")).containsExactly(tenant);
      owner.execute("SET app.current_tenant_id = ''");
      assertThat(owner.query("SELECT agent_id FROM agents.registry")).isEmpty();
      assertThat(owner.query("SELECT agent_id FROM agents.state")).isEmpty();
    }
  }

  @Test
  void viewBelongsToARoleThatMayDoNothingElse() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT relowner::regrole || ' ' || reloptions::text
                       || has_schema_privilege('app_masked', 'agents', 'CREATE')
                  FROM pg_class WHERE oid = 'agents.registry_masked'::regclass
                """))
        .containsExactly("app_masked {security_barrier=true}false");
  }

  @Test
  void missingRoleIsNamedToARoleThatMayNotCreateIt() throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      assertThat(
              admin.assertFails(
                  "42501",
                  "ALTER ROLE app_readonly RENAME TO it_tenants_was_readonly;"
                      + " SET LOCAL ROLE it_tenants_stranger;"
                      + OptionalSet.TENANTS.script("V1.0.0")))
          .contains("role app_readonly is missing and it_tenants_stranger may not create roles");
    }
  }

  @Test
  void roleThatBypassesPoliciesIsNotTaken() throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      assertThat(
              admin.assertFails(
                  "42501",
                  "ALTER ROLE app_tenant BYPASSRLS;" + OptionalSet.TENANTS.script("V1.0.0")))
          .contains("app_tenant", "bypasses row-level security");
    }
  }

  @Test
  void nothingIsOpenAtFirst() throws SQLException {
    assertThat(database.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          agents.state: row-level security is not enabled and forced | ALTER TABLE agents.state NO FORCE ROW LEVEL SECURITY
          agents.state: row-level security is not enabled and forced | ALTER TABLE agents.state DISABLE ROW LEVEL SECURITY
          agents.registry: policy tenant_isolation is missing | DROP POLICY tenant_isolation ON agents.registry
          agents.registry: policy all_rows lets more rows through | CREATE POLICY all_rows ON agents.registry USING (TRUE)
          agents.state_3: a partition, and open to app_tenant | GRANT SELECT ON agents.state_3 TO app_tenant
          agents.state_3: a partition, and open to PUBLIC | GRANT SELECT ON agents.state_3 TO PUBLIC
          agents.registry: TRUNCATE, which knows no policies, is granted to app_tenant | GRANT TRUNCATE ON agents.registry TO app_tenant
          agents.probe: foreign key probe_fkey does not carry the tenant | CREATE TABLE agents.probe (a UUID CONSTRAINT probe_fkey REFERENCES agents.registry)
          : default privileges open new tables of agents to app_readonly | ALTER DEFAULT PRIVILEGES IN SCHEMA agents GRANT SELECT ON TABLES TO app_readonly
          : default privileges open new tables of all schemas to app_tenant | ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app_tenant
          : role app_readonly bypasses row-level security | ALTER ROLE app_readonly BYPASSRLS
          """)
  void gapIsReported(String gap, String sql) throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      admin.connection().setAutoCommit(false);
      admin.execute(sql);
      assertThat(
              admin.query(
                  "SELECT coalesce(relation::text, '') || ': ' || gap FROM agents.tenant_gaps()"))
          .contains(gap);
      admin.connection().rollback();
    }
  }
}
