package io.mistersmith.persistence.migration;

import static io.mistersmith.persistence.migration.OptionalSet.AUDIT;
import static io.mistersmith.persistence.migration.OptionalSet.EVENTS;
import static io.mistersmith.persistence.migration.OptionalSet.TENANTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sets in any order, with rows, taken back without a trace and applied again. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class OptionalSetsIT {
  /**
   * The parts of a database that scripts can change. Rights are compared by the access they grant.
   */
  private static final String CATALOG =
      """
      WITH o AS (
        SELECT c.oid::regclass::text AS name, c.*
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname !~ '^pg_|^information_schema$|^migrations$')
      SELECT concat_ws(' ', 'relation', name, relkind, relrowsecurity, relforcerowsecurity,
                       reloptions) FROM o
      UNION ALL
      SELECT concat_ws(' ', 'right', name, x.grantee::regrole, x.privilege_type)
        FROM o, aclexplode(coalesce(relacl,
                  acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner))) AS x
      UNION ALL
      SELECT concat_ws(' ', 'column', name, a.attname, format_type(a.atttypid, a.atttypmod),
                       a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
        FROM o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum
      UNION ALL
      SELECT concat_ws(' ', 'constraint', name, k.conname, pg_get_constraintdef(k.oid))
        FROM o JOIN pg_constraint k ON k.conrelid = o.oid
       WHERE k.contype <> 'n' AND (k.conparentid = 0 OR k.contype <> 'f')
      UNION ALL
      SELECT concat_ws(' ', 'index', pg_get_indexdef(o.oid)) FROM o WHERE relkind IN ('i', 'I')
      UNION ALL
      SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid))
        FROM o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal
      UNION ALL
      SELECT concat_ws(' ', 'policy', name, p.polname) FROM o JOIN pg_policy p ON p.polrelid = o.oid
      UNION ALL
      SELECT concat_ws(' ', 'function', p.oid::regprocedure, md5(pg_get_functiondef(p.oid)))
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE n.nspname !~ '^pg_|^information_schema$' AND p.prokind = 'f'
      UNION ALL
      SELECT concat_ws(' ', 'schema', n.nspname, x.grantee::regrole, x.privilege_type)
        FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS x
       WHERE n.nspname !~ '^pg_'
      UNION ALL
      SELECT concat_ws(' ', 'default right', d.defaclnamespace, d.defaclacl) FROM pg_default_acl d
      UNION ALL
      SELECT concat_ws(' ', 'partitioned', s.parent_schema, s.parent_table)
        FROM partitions.settings s
      ORDER BY 1
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  OptionalSetsIT(int majorVersion) {}

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

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void setsAreTakenBackWithoutATrace(boolean auditFirst) throws SQLException {
    TestDatabase database = TestDatabase.migrated(server);
    write(database);
    List<String> before = database.query(CATALOG);
    List<OptionalSet> sets =
        auditFirst ? List.of(AUDIT, EVENTS, TENANTS) : List.of(TENANTS, EVENTS, AUDIT);

    apply(database, sets);
    List<String> applied = database.query(CATALOG);
    write(database);
    // In the order of their application too: neither needs the other.
    for (OptionalSet set : sets) {
      set.takeBack(database.dataSource());
    }
    assertSame(database.query(CATALOG), before);
    assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("2");

    apply(database, sets);
    assertSame(database.query(CATALOG), applied);
    assertThat(applied).isNotEqualTo(before);
  }

  /** Names only what differs. */
  private static void assertSame(List<String> catalog, List<String> expected) {
    List<String> added = new ArrayList<>(catalog);
    added.removeAll(expected);
    assertThat(added).as("left over").isEmpty();
    List<String> lost = new ArrayList<>(expected);
    lost.removeAll(catalog);
    assertThat(lost).as("lost").isEmpty();
  }

  private static void apply(TestDatabase database, List<OptionalSet> sets) throws SQLException {
    for (OptionalSet set : sets) {
      set.apply(database.dataSource());
    }
  }

  private static void write(TestDatabase database) throws SQLException {
    database.execute(
        """
        WITH parent AS (
          INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'p') RETURNING agent_id),
        child AS (
          INSERT INTO agents.registry (agent_type, agent_name, parent_agent_id)
          SELECT 'w', 'c', agent_id FROM parent)
        SELECT 1;
        INSERT INTO agents.state (agent_id, state_key, state_value)
        SELECT agent_id, 'k', '1' FROM agents.registry ORDER BY created_at DESC, agent_name LIMIT 1
        """);
  }
}
