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
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of somebody's own that come under the tenants' policies later, and leave them again. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TenantTablesIT {
  private static final String OURS = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String THEIRS = "bbbbbbbb-0000-4000-8000-000000000002";
  private static final String APPLICATION = "it_tenant_tables";
  private static final String CONSTRAINTS =
      """
      SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint
       WHERE connamespace = 'shop'::regnamespace AND contype <> 'n' AND conparentid = 0
       ORDER BY 1
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestDatabase database;

  private List<String> constraints = List.of();

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TenantTablesIT(int majorVersion) {}

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

  @BeforeEach
  void isolate() throws SQLException {
    database = TestDatabase.migrated(server, "tenants");
    RoleSession.createRole(database, APPLICATION, "app_tenant");
    database.execute(
        """
        CREATE SCHEMA shop;
        GRANT USAGE ON SCHEMA shop TO app_tenant;
        CREATE TABLE shop.orders (
          order_id UUID DEFAULT gen_random_uuid() CONSTRAINT orders_pkey PRIMARY KEY,
          name TEXT,
          buyer UUID CONSTRAINT orders_buyer_fkey REFERENCES agents.registry ON DELETE SET NULL,
          seller UUID CONSTRAINT orders_seller_fkey REFERENCES agents.registry,
          original UUID CONSTRAINT orders_original_fkey REFERENCES shop.orders DEFERRABLE
        );
        CREATE TABLE shop.events (
          order_id UUID CONSTRAINT events_order_fkey REFERENCES shop.orders
            ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
          at TIMESTAMPTZ
        ) PARTITION BY RANGE (at);
        INSERT INTO agents.registry (agent_type, agent_name, tenant_id)
        VALUES ('w', 'ours', 'OURS'), ('w', 'theirs', 'THEIRS');
        INSERT INTO shop.orders (name, buyer, seller)
        SELECT 'old ' || agent_name, NULL, agent_id FROM agents.registry;
        SELECT partitions.register('shop.events', '1 day', 1, NULL);
        INSERT INTO shop.events SELECT order_id, now() FROM shop.orders;
        """
            .replace("OURS", OURS)
            .replace("THEIRS", THEIRS));
    constraints = database.query(CONSTRAINTS);
    database.execute(
        """
        SELECT agents.isolate_table('shop.orders', 'buyer', 'seller', 'original');
        SELECT agents.isolate_table('shop.events', 'order_id');
        """);
  }

  @AfterEach
  void join() throws SQLException {
    database.execute(
        "SELECT agents.join_table('shop.events'); SELECT agents.join_table('shop.orders');");
    assertThat(database.query(CONSTRAINTS)).isEqualTo(constraints);
    assertThat(
            database.query(
                """
                SELECT attrelid::regclass FROM pg_attribute
                 WHERE attname = 'tenant_id' AND attrelid::regclass::text LIKE 'shop.%'
                """))
        .isEmpty();
    assertThat(
            database.query(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace ="
                    + " 'shop'::regnamespace"))
        .isEmpty();
  }

  private RoleSession as(String tenant) throws SQLException {
    return database.connectAs(APPLICATION, "-c app.current_tenant_id=" + tenant);
  }

  @Test
  void oldRowsTakeTheTenantOfWhatTheyReferTo() throws SQLException {
    try (RoleSession ours = as(OURS);
        RoleSession theirs = as(THEIRS)) {
      assertThat(ours.query("SELECT name FROM shop.orders")).containsExactly("old ours");
      assertThat(theirs.query("SELECT name FROM shop.orders")).containsExactly("old theirs");
      assertThat(ours.query("SELECT count(*) FROM shop.events")).containsExactly("1");
    }
  }

  @Test
  void newRowsDoSoTooAndWithoutAnythingTakeTheSessions() throws SQLException {
    assertThat(
            database.query(
                """
                INSERT INTO shop.orders (original)
                SELECT order_id FROM shop.orders ORDER BY name RETURNING tenant_id
                """))
        .containsExactly(OURS, THEIRS);
    assertThat(database.query("INSERT INTO shop.orders DEFAULT VALUES RETURNING tenant_id"))
        .containsExactly("00000000-0000-0000-0000-000000000000");
    try (RoleSession ours = as(OURS)) {
      assertThat(ours.query("INSERT INTO shop.orders DEFAULT VALUES RETURNING tenant_id"))
          .containsExactly(OURS);
      assertThat(ours.query("INSERT INTO shop.events VALUES (NULL, now()) RETURNING tenant_id"))
          .containsExactly(OURS);
    }
  }

  @Test
  void noRowRefersToAnotherTenants() throws SQLException {
    String foreign =
        database.query("SELECT order_id FROM shop.orders WHERE name = 'old theirs'").get(0);
    try (RoleSession ours = as(OURS)) {
      for (String insert :
          List.of(
              "INSERT INTO shop.orders (original) VALUES ('%s')",
              "INSERT INTO shop.events VALUES ('%s', now()); SET CONSTRAINTS ALL IMMEDIATE")) {
        assertThat(ours.assertFails("23503", insert.formatted(foreign))).contains("fkey");
      }
    }
    // Not even a role that sees all rows can join agents of two tenants.
    try (RoleSession all = database.connectAs(server.user(), "")) {
      assertThat(
              all.assertFails(
                  "23503",
                  """
                  INSERT INTO shop.orders (buyer, seller)
                  SELECT o.agent_id, t.agent_id FROM agents.registry o, agents.registry t
                   WHERE o.agent_name = 'ours' AND t.agent_name = 'theirs'
                  """))
          .contains("orders_seller_fkey");
    }
  }

  @Test
  void actionsOfTheKeysAreAsBefore() throws SQLException {
    database.execute(
        """
        UPDATE shop.orders SET buyer = seller, seller = NULL;
        DELETE FROM agents.registry WHERE agent_name = 'ours';
        DELETE FROM shop.orders WHERE name = 'old theirs'
        """);
    assertThat(
            database.query("SELECT name || ' ' || tenant_id FROM shop.orders WHERE buyer IS NULL"))
        .containsExactly("old ours " + OURS);
    assertThat(database.query("SELECT tenant_id FROM shop.events")).containsExactly(OURS);
  }

  @Test
  void partitionsThatAreMadeLaterAreClosed() throws SQLException {
    database.execute(
        """
        ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO app_tenant;
        SELECT partitions.maintain(now(), 'shop.events')
        """);
    try (RoleSession ours = as(OURS)) {
      assertThat(ours.query("SELECT count(*) FROM shop.events")).containsExactly("1");
      List<String> partitions =
          database.query("SELECT partition_name FROM partitions.bounds('shop.events')");
      assertThat(partitions).hasSizeGreaterThanOrEqualTo(3);
      for (String partition : partitions) {
        ours.assertFails("42501", "SELECT * FROM " + partition);
      }
    } finally {
      database.execute(
          "ALTER DEFAULT PRIVILEGES IN SCHEMA shop REVOKE SELECT ON TABLES FROM app_tenant");
    }
  }

  @Test
  void columnWithoutAForeignKeyGivesNoTenant() throws SQLException {
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      assertThat(
              admin.assertFails(
                  "42830",
                  """
                  CREATE TABLE shop.loose (agent_id UUID);
                  SELECT agents.isolate_table('shop.loose', 'agent_id')
                  """))
          .contains("agent_id of shop.loose");
    }
  }

  @Test
  void theirGapsAreReportedToo() throws SQLException {
    assertThat(database.query("SELECT gap FROM agents.tenant_gaps()")).isEmpty();
    try (RoleSession admin = database.connectAs(server.user(), "")) {
      admin.connection().setAutoCommit(false);
      admin.execute("ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY");
      assertThat(admin.query("SELECT relation || ' ' || gap FROM agents.tenant_gaps()"))
          .containsExactly("shop.orders row-level security is not enabled and forced");
      admin.connection().rollback();
    }
  }

  @Test
  void onlyTheOwnerIsolatesAndJoins() throws SQLException {
    try (RoleSession ours = as(OURS)) {
      for (String call : List.of("join_table('shop.orders')", "isolate_table('shop.orders')")) {
        assertThat(ours.assertFails("42501", "SELECT agents." + call)).contains("for function");
      }
    }
  }
}
