package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the tables accept, what they refuse, and by which constraint. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class AgentsSchemaIT {
  private static final String AGENT = "'11111111-1111-4111-8111-111111111111'";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AgentsSchemaIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = PostgresServer.start(PostgresOptions.defaults().withMajorVersion(majorVersion));
    database = new TestDatabase(server);
    MigrationRunner.of(database.dataSource()).apply();
    database.execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES (%s, 'w', 'one')"
            .formatted(AGENT));
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          valid_agent_name | agent_type, agent_name | 'w', ''
          valid_agent_type | agent_type, agent_name | '', 'x'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '{}'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '[]'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '{"version": 1}'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '{"version": 1, "created_at": null}'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '{"version": 1, "created_at": "today"}'
          valid_agent_metadata | agent_type, agent_name, metadata | 'w', 'x', '{"created_at": "2026-01-01T00:00:00Z"}'
          valid_agent_version | agent_type, agent_name, version | 'w', 'x', 0
          valid_agent_version | agent_type, agent_name, published_version | 'w', 'x', -1
          no_self_parent | agent_id, agent_type, agent_name, parent_agent_id | '22222222-2222-4222-8222-222222222222', 'w', 'x', '22222222-2222-4222-8222-222222222222'
          registry_parent_agent_id_fkey | agent_type, agent_name, parent_agent_id | 'w', 'x', '33333333-3333-4333-8333-333333333333'
          registry_pkey | agent_id, agent_type, agent_name | '11111111-1111-4111-8111-111111111111', 'w', 'x'
          """)
  void registryRefuses(String constraint, String columns, String values) {
    assertRefused(
        constraint, "INSERT INTO agents.registry (%s) VALUES (%s)".formatted(columns, values));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          state_agent_id_fkey | agent_id, state_key, state_value | '33333333-3333-4333-8333-333333333333', 'k', '1'
          valid_state_key | agent_id, state_key, state_value | '11111111-1111-4111-8111-111111111111', '', '1'
          valid_version | agent_id, state_key, state_value, version | '11111111-1111-4111-8111-111111111111', 'k', '1', 0
          valid_epoch | agent_id, state_key, state_value, epoch | '11111111-1111-4111-8111-111111111111', 'k', '1', 0
          """)
  void stateRefuses(String constraint, String columns, String values) {
    assertRefused(
        constraint, "INSERT INTO agents.state (%s) VALUES (%s)".formatted(columns, values));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          journal_positions_epoch_fkey | INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) VALUES ('no_epoch', 1, 0, 0)
          valid_sequence | INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) VALUES ('b', 1, -1, 0)
          valid_journal_epoch | INSERT INTO agents.journal_epochs (bucket, epoch, first_sequence, stream_created_nanos, reason) VALUES ('b', 0, 1, 0, 'new')
          valid_first_sequence | INSERT INTO agents.journal_epochs (bucket, epoch, first_sequence, stream_created_nanos, reason) VALUES ('b', 1, -1, 0, 'new')
          valid_fencing_token | INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at) VALUES ('b', 'h', 0, now())
          valid_operation | INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason) VALUES ('b', 's', 1, 1, 'merge', 'X', 'y')
          valid_status | INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason, status) VALUES ('b', 's', 1, 1, 'put', 'X', 'y', 'lost')
          dead_letters_revision_key | INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason) SELECT 'b', 's', 1, 1, 'put', 'X', 'y' FROM generate_series(1, 2)
          """,
      quoteCharacter = '`')
  void journalAndDeadLettersRefuse(String constraint, String sql) {
    assertRefused(constraint, sql);
  }

  @Test
  void agentOfUnknownStatusIsRefused() {
    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(
            () ->
                database.execute(
                    "INSERT INTO agents.registry (agent_type, agent_name, status)"
                        + " VALUES ('w', 'x', 'sleeping')"))
        .withMessageContaining("agents.agent_status_type");
  }

  @Test
  void agentWithoutMetadataOrParentGetsAValidDefault() throws SQLException {
    assertThat(
            database.query(
                """
                INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', 'root')
                RETURNING (metadata ->> 'created_at')::timestamptz BETWEEN now() - INTERVAL '1 min'
                          AND now() + INTERVAL '1 min'
                          AND agents.validate_agent_metadata(metadata)
                          AND status = 'initializing' AND parent_agent_id IS NULL
                """))
        .containsExactly("t");
  }

  @Test
  void writeOfAnAgentTouchesItAndAHeartbeatDoesNot() throws SQLException {
    String id = "'44444444-4444-4444-8444-444444444444'";
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name, updated_at)
        VALUES (%s, 'w', 'four', '2020-01-01Z')
        """
            .formatted(id));
    assertThat(update("last_heartbeat = now(), published_version = 1", id)).isEqualTo("2020");
    assertThat(update("agent_name = 'five', updated_at = '2021-01-01Z'", id)).isEqualTo("2021");
    assertThat(update("agent_name = 'six'", id)).isGreaterThan("2021");
  }

  private static String update(String assignments, String id) throws SQLException {
    return database
        .query(
            "UPDATE agents.registry SET %s WHERE agent_id = %s RETURNING extract(year FROM updated_at)"
                .formatted(assignments, id))
        .get(0);
  }

  @Test
  void stateAcceptsWhatAFlushMayBring() {
    assertThatCode(
            () -> {
              state("expired", "'{}'", "expires_at, created_at", "now() - INTERVAL '1 h', now()");
              state("tombstone", "'null'", "deleted_at", "now()");
              state("every kind of key: %_.*> \u00e9\ud83d\ude00", "'1'", "epoch", "9");
              // Too long for any index entry, and does not compress.
              state(
                  "large",
                  "(SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 3000))",
                  "version",
                  "9223372036854775807");
            })
        .doesNotThrowAnyException();
  }

  private static void state(String key, String value, String column, String columnValue)
      throws SQLException {
    database.execute(
        "INSERT INTO agents.state (agent_id, state_key, state_value, %s) VALUES (%s, '%s', %s, %s)"
            .formatted(column, AGENT, key, value, columnValue));
  }

  @Test
  void stateSpreadsOverEightPartitionsAndGoesWithItsAgent() throws SQLException {
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        SELECT gen_random_uuid(), 'spread', 'n' FROM generate_series(1, 400);
        INSERT INTO agents.state (agent_id, state_key, state_value)
        SELECT agent_id, 'k', '1' FROM agents.registry WHERE agent_type = 'spread'
        """);
    assertThat(
            database.query(
                """
                SELECT DISTINCT s.tableoid::regclass::text FROM agents.state s
                  JOIN agents.registry r USING (agent_id)
                 WHERE r.agent_type = 'spread' ORDER BY 1
                """))
        .hasSize(8)
        .startsWith("agents.state_0")
        .endsWith("agents.state_7");

    database.execute("DELETE FROM agents.registry WHERE agent_type = 'spread'");
    assertThat(database.query("SELECT count(*) FROM agents.state WHERE state_key = 'k'"))
        .containsExactly("0");
  }

  @Test
  void flushOfAnExistingKeyWritesNoIndex() throws SQLException {
    database.execute(
        """
        DO $$
        DECLARE
          hot BIGINT;
        BEGIN
          INSERT INTO agents.state (agent_id, state_key, state_value)
          VALUES ('11111111-1111-4111-8111-111111111111', 'hot', '{"n": 1}');
          UPDATE agents.state
             SET state_value = '{"n": 2}', version = 2, checksum = 'c', updated_at = now()
           WHERE agent_id = '11111111-1111-4111-8111-111111111111' AND state_key = 'hot';
          SELECT sum(n_tup_hot_upd) INTO hot FROM pg_stat_xact_user_tables
           WHERE schemaname = 'agents' AND relname LIKE 'state\\__';
          ASSERT hot = 1, 'the update was not heap-only';
        END
        $$
        """);
  }

  @Test
  void positionAndItsEpochMayBeWrittenInEitherOrder() {
    assertThatCode(
            () ->
                database.execute(
                    """
                    BEGIN;
                    INSERT INTO agents.journal_positions
                           (bucket, epoch, sequence, stream_created_nanos)
                    VALUES ('EITHER', nextval('agents.journal_epoch_numbers'), 0, 0);
                    INSERT INTO agents.journal_epochs
                           (bucket, epoch, first_sequence, stream_created_nanos, reason)
                    SELECT bucket, epoch, 1, 0, 'first seen' FROM agents.journal_positions;
                    COMMIT
                    """))
        .doesNotThrowAnyException();
  }

  @Test
  void deadLetterKeepsWhatNoOtherTableWouldTake() {
    assertThatCode(
            () ->
                database.execute(
                    """
                    INSERT INTO agents.dead_letters
                           (bucket, subject, agent, epoch, sequence, operation, value, reason_code,
                            reason)
                    VALUES ('DEAD', (SELECT string_agg(gen_random_uuid()::text, '')
                                       FROM generate_series(1, 110)),
                            'no uuid', 1, 1, 'put', '\\x00ff', 'INVALID_KEY', 'no legal key')
                    """))
        .doesNotThrowAnyException();
  }

  private static void assertRefused(String constraint, String sql) {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute(sql))
        .satisfies(
            e -> {
              ServerErrorMessage message = e.getServerErrorMessage();
              assertThat(message == null ? null : message.getConstraint()).isEqualTo(constraint);
            });
  }
}
