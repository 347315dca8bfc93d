package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What the audit log has of statements that change several rows, and by whom. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class AuditStatementIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static TestDatabase database;

  private final String agent = UUID.randomUUID().toString();

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AuditStatementIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(majorVersion));
    OptionalSet.AUDIT.apply(database.dataSource());
  }

  @BeforeEach
  void register() throws SQLException {
    execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('%s', 'w', 'n')");
  }

  @Test
  void upsertOfManyRowsIsLoggedRowByRow() throws SQLException {
    upsert("'a', 1, 'ann', 'r-1'", "'b', 1, 'bob', NULL");
    upsert("'b', 2, NULL, NULL", "'c', 1, 'ann', 'r-2'");

    assertThat(log("concat_ws(' ', operation, row_data ->> 'state_key', actor, correlation_id)"))
        .containsExactlyInAnyOrder(
            "INSERT a ann r-1", "INSERT b bob", "UPDATE b", "INSERT c ann r-2");
    assertThat(updates("changed_fields -> 'version'")).containsExactly("{\"new\": 2, \"old\": 1}");
    assertThat(updates("row_data"))
        .containsExactly("{\"agent_id\": \"%s\", \"state_key\": \"b\"}".formatted(agent));
  }

  @Test
  void rowThatAnUpdateLeavesAsItWasIsNotLogged() throws SQLException {
    upsert("'a', 1, NULL, NULL", "'b', 1, NULL, NULL");
    execute(
        """
        UPDATE agents.state SET state_value = CASE state_key WHEN 'b' THEN '2' ELSE '1' END::jsonb
         WHERE agent_id = '%s'
        """);
    assertThat(updates("row_data ->> 'state_key'")).containsExactly("b");
  }

  @Test
  void changedKeyIsADeletionAndAnInsert() throws SQLException {
    upsert("'a', 1, NULL, NULL");
    execute("UPDATE agents.state SET state_key = 'z' WHERE agent_id = '%s'");
    assertThat(
            log(
                """
                concat_ws(' ', operation, row_data ->> 'state_key', old_data ->> 'state_key',
                  new_data ->> 'state_key')
                """))
        .containsExactlyInAnyOrder("INSERT a a", "DELETE a a", "INSERT z z");
  }

  @Test
  void changeOfAPartitionIsLoggedOnce() throws SQLException {
    upsert("'a', 1, 'ann', NULL");
    String partition =
        database
            .query(
                "SELECT tableoid::regclass FROM agents.state WHERE agent_id = '%s'"
                    .formatted(agent))
            .get(0);
    database.execute(
        """
        INSERT INTO %1$s (agent_id, state_key, state_value) VALUES ('%2$s', 'b', '1');
        UPDATE %1$s SET state_value = '2' WHERE agent_id = '%2$s' AND state_key = 'a';
        DELETE FROM %1$s WHERE agent_id = '%2$s'
        """
            .formatted(partition, agent));
    assertThat(log("concat_ws(' ', table_name, operation, row_data ->> 'state_key')"))
        .containsExactlyInAnyOrder(
            "state INSERT a",
            "state INSERT b",
            "state UPDATE a",
            "state DELETE a",
            "state DELETE b");
  }

  @Test
  void stateThatGoesWithItsAgentIsLogged() throws SQLException {
    upsert("'a', 1, 'ann', NULL", "'b', 1, 'ann', NULL");
    execute(
        """
        BEGIN;
        SET LOCAL persistence.actor = 'eve';
        SET LOCAL persistence.correlation_id = 'r-9';
        DELETE FROM agents.registry WHERE agent_id = '%s';
        COMMIT
        """);
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', table_name, row_data ->> 'state_key', actor, correlation_id)
                  FROM audit.change_log
                 WHERE row_data ->> 'agent_id' = '%s' AND operation = 'DELETE'
                """
                    .formatted(agent)))
        .containsExactlyInAnyOrder("registry eve r-9", "state a eve r-9", "state b eve r-9");
  }

  @Test
  void rowThatIsChangedByHandHasNotTheActorOfItsLastEntry() throws SQLException {
    upsert("'a', 1, 'ann', 'r-1'");
    execute("UPDATE agents.state SET state_value = '2' WHERE agent_id = '%s'");
    execute(
        """
        BEGIN;
        SET LOCAL persistence.actor = 'eve';
        UPDATE agents.state SET state_value = '3' WHERE agent_id = '%s';
        COMMIT
        """);
    assertThat(updates("coalesce(actor, 'nobody')")).containsExactlyInAnyOrder("nobody", "eve");
  }

  @Test
  void settingsOfATransactionEndWithIt() throws SQLException {
    upsert("'a', 1, NULL, NULL");
    execute(
        """
        BEGIN;
        SET LOCAL persistence.actor = 'eve';
        UPDATE agents.state SET state_value = '2' WHERE agent_id = '%s';
        COMMIT
        """);
    execute("UPDATE agents.state SET state_value = '3' WHERE agent_id = '%s'");
    assertThat(
            updates(
                "coalesce(actor, 'nobody') || ' ' || (changed_fields -> 'state_value' ->> 'new')"))
        .containsExactlyInAnyOrder("eve 2", "nobody 3");
  }

  @Test
  void secretOfOneRowIsMaskedAndTheOthersAreNot() throws SQLException {
    upsert("'a', 1, NULL, NULL", "'b', 1, NULL, NULL", "'api.token', 1, NULL, NULL");
    execute(
        """
        UPDATE agents.state
           SET state_value = CASE state_key
                 WHEN 'a' THEN '{"API-Key": "hidden", "n": 1}'::jsonb
                 WHEN 'b' THEN '{"apples": "shown"}'::jsonb
                 ELSE '"hidden"'::jsonb END
         WHERE agent_id = '%s'
        """);
    assertThat(updates("changed_fields -> 'state_value'"))
        .containsExactlyInAnyOrder(
            "{\"new\": {\"n\": 1, \"API-Key\": \"***REDACTED***\"}, \"old\": 1}",
            "{\"new\": {\"apples\": \"shown\"}, \"old\": 1}",
            "{\"new\": \"***REDACTED***\", \"old\": \"***REDACTED***\"}");
  }

  @Test
  void documentsOfAnUpdateAreMaskedAsAWhole() throws SQLException {
    upsert("'a', 1, NULL, NULL");
    execute("UPDATE agents.state SET state_document = '{ \"x\":1.0E7 }' WHERE agent_id = '%s'");
    assertThat(updates("changed_fields"))
        .containsExactly(
            "{\"state_document\": {\"new\": \"***REDACTED***\", \"old\": \"***REDACTED***\"}}");
  }

  @Test
  void everyColumnOfAStateIsCompared() throws SQLException {
    database.execute(
        """
        ALTER TABLE agents.state ADD COLUMN note JSONB;
        INSERT INTO audit.redactions (table_schema, table_name, column_name)
        VALUES ('agents', 'state', 'checksum')
        """);
    try {
      execute(
          """
          INSERT INTO agents.state (agent_id, owner, state_key, state_value)
          VALUES (agents.owner_id('%1$s'), '%1$s', 'a', '1');
          UPDATE agents.state
             SET state_value = '2', state_document = '2', epoch = 2, version = 3,
                 checksum = 'hidden', created_at = '2026-01-01Z', updated_at = '2026-01-02Z',
                 expires_at = '2026-01-03Z', deleted_at = '2026-01-04Z', hybrid_time = 'h',
                 vector_clock = '{}', actor = 'ann', correlation_id = 'r-1',
                 note = '{"token": "hidden", "n": 1}'
           WHERE owner = '%1$s'
          """);
      assertThat(
              external(
                  """
                  (SELECT string_agg(a.attname, ' ' ORDER BY a.attname) FROM pg_attribute AS a
                    WHERE a.attrelid = 'agents.state'::regclass AND a.attnum > 0
                      AND NOT a.attisdropped AND NOT changed_fields ? a.attname::text)
                  """))
          .containsExactly("agent_id owner registered state_key");
      assertThat(external("changed_fields -> 'note' ->> 'new'"))
          .containsExactly("{\"n\": 1, \"token\": \"***REDACTED***\"}");
      assertThat(external("concat(changed_fields -> 'epoch', actor, changed_fields -> 'checksum')"))
          .containsExactly(
              "{\"new\": 2, \"old\": 1}ann"
                  + "{\"new\": \"***REDACTED***\", \"old\": \"***REDACTED***\"}");
    } finally {
      database.execute(
          """
          ALTER TABLE agents.state DROP COLUMN note;
          DELETE FROM audit.redactions WHERE column_name = 'checksum'
          """);
    }
  }

  /** An expression over the updates of the state of an owner outside the registry. */
  private List<String> external(String expression) throws SQLException {
    return database.query(
        """
        SELECT %s FROM audit.change_log
         WHERE operation = 'UPDATE' AND row_data ->> 'agent_id' = agents.owner_id('%s')::text
        """
            .formatted(expression, agent));
  }

  @Test
  void tableWithoutAPrimaryKeyIsAuditedByTheRowTriggerAlone() throws SQLException {
    database.execute(
        """
        CREATE SCHEMA own;
        CREATE TABLE own.keyless (a INT);
        CREATE TRIGGER audited AFTER INSERT ON own.keyless REFERENCING NEW TABLE AS new_rows
          FOR EACH STATEMENT EXECUTE FUNCTION audit.log_statement()
        """);
    try {
      assertThatThrownBy(() -> database.execute("INSERT INTO own.keyless VALUES (1)"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("own.keyless cannot be logged: it has no primary key");
    } finally {
      database.execute("DROP SCHEMA own CASCADE");
    }
  }

  /** Runs a statement about this test's agent. */
  private void execute(String sql) throws SQLException {
    database.execute(sql.formatted(agent));
  }

  /** Writes rows of {@code key, version, actor, correlation id} as the flush does. */
  private void upsert(String... rows) throws SQLException {
    database.execute(
        """
        INSERT INTO agents.state AS s
               (agent_id, state_key, state_value, version, actor, correlation_id)
        SELECT '%s'::uuid, v.key, '1'::jsonb, v.version, v.actor::text, v.correlation_id::text
          FROM (VALUES (%s)) AS v (key, version, actor, correlation_id)
        ON CONFLICT (agent_id, state_key) DO UPDATE
           SET state_value = excluded.state_value,
               version = excluded.version,
               actor = excluded.actor,
               correlation_id = excluded.correlation_id
         WHERE s.version < excluded.version
        """
            .formatted(agent, String.join("), (", rows)));
  }

  /** An expression over the changes of this test's state. */
  private List<String> log(String expression) throws SQLException {
    return database.query(
        """
        SELECT %s FROM audit.change_log
         WHERE table_name = 'state' AND row_data ->> 'agent_id' = '%s'
        """
            .formatted(expression, agent));
  }

  /** {@link #log} of the updates alone. */
  private List<String> updates(String expression) throws SQLException {
    return database.query(
        """
        SELECT %s FROM audit.change_log
         WHERE table_name = 'state' AND operation = 'UPDATE' AND row_data ->> 'agent_id' = '%s'
        """
            .formatted(expression, agent));
  }
}
