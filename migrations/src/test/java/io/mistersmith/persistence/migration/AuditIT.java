package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The audit log's record of a change, and the roles that can prevent it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class AuditIT {
  private static final String WRITER = "it_audited_writer";
  private static final String GROUP = "it_audited_group";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  private final String agent = UUID.randomUUID().toString();

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AuditIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = TestDatabase.migrated(server);
    OptionalSet.AUDIT.apply(database.dataSource());
    RoleSession.createRole(database, GROUP);
    RoleSession.createRole(database, WRITER, GROUP);
    database.execute(
        """
        GRANT USAGE ON SCHEMA agents, audit TO it_audited_group;
        GRANT SELECT, INSERT, UPDATE, DELETE ON agents.registry TO it_audited_group;
        GRANT CREATE, TEMPORARY ON DATABASE %s TO it_audited_writer
        """
            .formatted(database.query("SELECT current_database()").get(0)));
  }

  @Test
  void eachChangeOfAnAgentIsLoggedWithWhatChanged() throws SQLException {
    register("'{}'");
    database.execute(
        "UPDATE agents.registry SET agent_name = 'two', status = 'idle' WHERE agent_id = '%s'"
            .formatted(agent));
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));

    assertThat(
            log(
                """
                concat_ws(' ', operation, table_schema, table_name, old_data ->> 'agent_name',
                  new_data ->> 'agent_name', changed_fields -> 'agent_name',
                  (SELECT string_agg(key, ',' ORDER BY key) FROM jsonb_object_keys(changed_fields)
                     AS k (key)))
                """))
        .containsExactly(
            "INSERT agents registry one",
            "UPDATE agents registry {\"new\": \"two\", \"old\": \"one\"}"
                + " agent_name,status,updated_at",
            "DELETE agents registry two");
    assertThat(
            log(
                """
                transaction_id > 0 AND application_name = 'PostgreSQL JDBC Driver'
                  AND changed_by = session_user AND effective_role IS NULL
                  AND changed_at BETWEEN now() - INTERVAL '5 min' AND clock_timestamp()
                """))
        .containsOnly("t");
  }

  @Test
  void heartbeatsAndPublicationsAreLoggedOnlyAlongWithAChange() throws SQLException {
    register("'{}'");
    database.execute(
        """
        UPDATE agents.registry SET last_heartbeat = now() WHERE agent_id = '%1$s';
        UPDATE agents.registry SET published_version = 1 WHERE agent_id = '%1$s';
        UPDATE agents.registry SET agent_name = agent_name, updated_at = updated_at + '0 s'
         WHERE agent_id = '%1$s' AND FALSE;
        """
            .formatted(agent));
    assertThat(log("operation")).containsExactly("INSERT");

    database.execute(
        "UPDATE agents.registry SET last_heartbeat = '2026-01-01Z', version = 2 WHERE agent_id = '%s'"
            .formatted(agent));
    assertThat(log("changed_fields -> 'version' ->> 'new'")).last().isEqualTo("2");
  }

  @Test
  void stateIsLoggedUnderItsRootEvenIfAPartitionIsWrittenDirectly() throws SQLException {
    register("'{}'");
    state("k", "'1'");
    String partition =
        database
            .query(
                "SELECT tableoid::regclass FROM agents.state WHERE agent_id = '%s'"
                    .formatted(agent))
            .get(0);
    database.execute(
        "UPDATE %s SET state_value = '2' WHERE agent_id = '%s'".formatted(partition, agent));

    assertThat(
            log(
                """
                concat_ws(' ', table_name, row_data ->> 'state_key', new_data -> 'state_value',
                  changed_fields -> 'state_value')
                """))
        .endsWith("state k 1", "state k {\"new\": 2, \"old\": 1}");
  }

  @Test
  void truncatedTableAndTruncatedPartitionAreLogged() throws SQLException {
    database.execute("TRUNCATE agents.state_3");
    assertThat(truncations()).containsExactly("state {\"truncated\": \"agents.state_3\"}");
    database.execute("TRUNCATE agents.registry CASCADE");
    assertThat(truncations())
        .hasSize(12)
        .contains(
            "registry {\"truncated\": \"agents.registry\"}",
            "queue {\"truncated\": \"tasks.queue\"}",
            "state {\"truncated\": \"agents.state\"}",
            "state {\"truncated\": \"agents.state_7\"}");
    database.execute("DELETE FROM audit.change_log WHERE operation = 'TRUNCATE'");
  }

  private static List<String> truncations() throws SQLException {
    return database.query(
        "SELECT table_name || ' ' || row_data FROM audit.change_log WHERE operation = 'TRUNCATE'");
  }

  @Test
  void writersAreNamedByTheirLoginAndTheRoleTheyPutOn() throws SQLException {
    try (RoleSession writer = database.connectAs(WRITER, "")) {
      writer.execute("SET ROLE " + GROUP);
      writer.execute(insert("'{}'"));
    }
    assertThat(log("changed_by || ' ' || effective_role")).containsExactly(WRITER + " " + GROUP);
  }

  @Test
  void writersCanNeitherReadNorForgeTheLog() throws SQLException {
    try (RoleSession writer = database.connectAs(WRITER, "")) {
      for (String sql :
          List.of(
              "SELECT * FROM audit.change_log",
              "SELECT * FROM audit.daily_activity",
              "SELECT * FROM audit.encryption_keys",
              "UPDATE audit.redactions SET key_name = 'x'",
              "DELETE FROM audit.change_log",
              "TRUNCATE audit.change_log_default",
              "SELECT audit.purge_old_records(1)",
              "INSERT INTO audit.change_log (table_schema, table_name, operation, changed_by)"
                  + " VALUES ('agents', 'registry', 'DELETE', 'somebody_else')",
              "CREATE TEMP TABLE registry (a INT); CREATE TRIGGER forge AFTER INSERT ON registry"
                  + " FOR EACH ROW EXECUTE FUNCTION audit.log_changes()",
              "CREATE TEMP TABLE registry (a INT); CREATE TRIGGER forge AFTER INSERT ON registry"
                  + " REFERENCING NEW TABLE AS new_rows"
                  + " FOR EACH STATEMENT EXECUTE FUNCTION audit.log_statement()")) {
        writer.assertFails("42501", sql);
      }
    }
  }

  @Test
  void writersFunctionsAndTablesDoNotReplaceTheLogsOwn() throws SQLException {
    try (RoleSession writer = database.connectAs(WRITER, "")) {
      writer.execute(
          """
          CREATE SCHEMA evil;
          GRANT USAGE ON SCHEMA evil TO PUBLIC;
          CREATE FUNCTION evil.to_jsonb(agents.registry) RETURNS JSONB LANGUAGE sql
            RETURN '{"agent_name": "harmless"}'::jsonb;
          CREATE TEMP TABLE pg_class (oid OID, relname NAME, relnamespace OID);
          SET search_path = evil, pg_temp, pg_catalog;
          """);
      writer.execute(insert("'{}'"));
      writer.execute("DROP SCHEMA evil CASCADE");
    }
    assertThat(log("table_name || ' ' || (new_data ->> 'agent_name')"))
        .containsExactly("registry one");
  }

  @Test
  void changeThatCannotBeLoggedDoesNotHappenAndIsNoFaultOfTheData() throws SQLException {
    database.execute("ALTER TABLE audit.change_log DETACH PARTITION audit.change_log_default");
    try (RoleSession writer = database.connectAs(WRITER, "")) {
      database.execute(
          """
          CREATE TABLE audit.unlogged PARTITION OF audit.change_log
            FOR VALUES FROM ('2001-01-01Z') TO ('2001-02-01Z');
          ALTER TABLE audit.change_log ALTER COLUMN changed_at SET DEFAULT '2002-01-01Z';
          """);
      // 23514, as it would be without the handler, is taken for bad data by the flush.
      assertThat(writer.assertFails("58A01", insert("'{}'")))
          .contains("cannot be logged: no partition of relation \"change_log\"");
    } finally {
      database.execute(
          """
          ALTER TABLE audit.change_log ALTER COLUMN changed_at SET DEFAULT clock_timestamp();
          DROP TABLE audit.unlogged;
          ALTER TABLE audit.change_log ATTACH PARTITION audit.change_log_default DEFAULT
          """);
    }
    assertThat(database.query("SELECT agent_id FROM agents.registry")).doesNotContain(agent);
  }

  @Test
  void timeThatNoPartitionCoversIsAtHomeInTheDefaultOne() throws SQLException {
    assertThat(
            database.query(
                """
                INSERT INTO audit.change_log (table_schema, table_name, operation, changed_at)
                SELECT 's', 't', 'INSERT', c.at
                  FROM (VALUES ('-infinity'::timestamptz), ('infinity'), ('1999-12-31Z')) AS c (at)
                RETURNING tableoid::regclass
                """))
        .containsOnly("audit.change_log_default");
    database.execute("DELETE FROM audit.change_log WHERE table_name = 't'");
  }

  @Test
  void monthsAreMadeAheadAndOpenToNobody() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT s.period || ' ' || s.ahead || ' ' || coalesce(s.retain::text, 'unlimited')
                  FROM partitions.settings s WHERE s.parent_schema = 'audit'
                """))
        .containsExactly("month 3 unlimited");
    assertThat(
            database.query(
                """
                SELECT count(*) FROM partitions.bounds('audit.change_log') AS b
                  JOIN pg_class c ON c.oid = b.partition_name
                 WHERE b.to_at > now()
                   AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) AS x
                                    WHERE x.grantee <> c.relowner)
                """))
        .containsExactly("4");
  }

  private void register(String configuration) throws SQLException {
    database.execute(insert(configuration));
  }

  private String insert(String configuration) {
    return """
    INSERT INTO agents.registry (agent_id, agent_type, agent_name, configuration)
    VALUES ('%s', 'w', 'one', %s)
    """
        .formatted(agent, configuration);
  }

  private void state(String key, String value) throws SQLException {
    database.execute(
        "INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('%s', '%s', %s)"
            .formatted(agent, key, value));
  }

  /** An expression over the rows about this test's agent, in the order of the changes. */
  private List<String> log(String expression) throws SQLException {
    return database.query(
        "SELECT %s FROM audit.change_log WHERE row_data ->> 'agent_id' = '%s' ORDER BY changed_at"
            .formatted(expression, agent));
  }
}
