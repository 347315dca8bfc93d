package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Constraints, functions and triggers of the agents' tables. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class AgentsSchemaIT extends OnMigratedDatabase {
  private static final String AGENT = "'11111111-1111-4111-8111-111111111111'";

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AgentsSchemaIT(int majorVersion) {}

  @BeforeEach
  void registerAgent() throws SQLException {
    database.execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES (%s, 'w', 'one')"
                .formatted(AGENT)
            + " ON CONFLICT DO NOTHING");
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
  @Exercises({"agents.default_agent_metadata", "agents.validate_agent_metadata"})
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
  @Exercises("agents.owner_id")
  void ownerOutsideTheRegistryHasAnIdOfItsName() throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest("Grüße 7".getBytes(StandardCharsets.UTF_8));
    ByteBuffer bits = ByteBuffer.wrap(hash);
    long high = (bits.getLong() & ~0xF000L) | 0x8000L; // version 8 and variant 2 of RFC 9562
    long low = (bits.getLong() & ~(3L << 62)) | (2L << 62);

    assertThat(database.query("SELECT agents.owner_id('Grüße 7')"))
        .containsExactly(new UUID(high, low).toString());
  }

  @Test
  @Exercises("agents.registry touch_updated_at")
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
  @Exercises("agents.saved_document")
  void documentOfAValueThatChangedWithoutItIsNoLongerRead() throws SQLException {
    state("document", "'{\"n\": 10000000}'", "state_document", "'{ \"n\":1.0E7 }'");
    assertThat(document("updated_at = now()")).isEqualTo("{ \"n\":1.0E7 }");
    assertThat(document("state_value = '{\"n\": 10000000.0}'")).isEqualTo("{ \"n\":1.0E7 }");
    assertThat(document("state_value = '2', state_document = '2E0'")).isEqualTo("2E0");
    assertThat(document("state_value = '3'")).isEqualTo("null");
    assertThat(document("state_value = '2', state_document = NULL")).isEqualTo("null");
  }

  private static String document(String change) throws SQLException {
    return database
        .query(
            "UPDATE agents.state SET "
                + change
                + " WHERE state_key = 'document'"
                + " RETURNING coalesce(agents.saved_document(state_document, state_value), 'null')")
        .get(0);
  }

  @Test
  @Exercises("agents.new_installation")
  void databaseHasOneIdentityUntilItIsGivenAnother() throws SQLException {
    String before = installation();
    assertThat(installation()).isEqualTo(before);
    String given = database.query("SELECT agents.new_installation()::text").get(0);
    assertThat(given).isNotEqualTo(before);
    assertThat(installation()).isEqualTo(given);
    database.execute("DELETE FROM agents.installation");
    String again = database.query("SELECT agents.new_installation()::text").get(0);
    assertThat(again).isNotEqualTo(given);
    assertThat(installation()).isEqualTo(again);
  }

  private static String installation() throws SQLException {
    List<String> ids = database.query("SELECT id::text FROM agents.installation");
    assertThat(ids).hasSize(1);
    return ids.get(0);
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

  @Test
  @Exercises("agents.hydrate_agent_state")
  void hydrationReturnsWhatLivesLastWrittenFirst() throws SQLException {
    String id = agent("hydrated");
    database.execute(
        """
        INSERT INTO agents.state
               (agent_id, state_key, state_value, version, updated_at, expires_at, deleted_at)
        VALUES ('%1$s', 'first', '{"n": 1}', 7, '2026-01-01Z', NULL, NULL),
               ('%1$s', 'later', '2', 8, '2026-01-02Z', now() + INTERVAL '1 h', NULL),
               ('%1$s', 'expired', '3', 9, '2026-01-03Z', now() - INTERVAL '1 s', NULL),
               ('%1$s', 'deleted', 'null', 10, '2026-01-04Z', NULL, now());
        """
            .formatted(id));

    assertThat(
            database.query(
                """
                SELECT format('%%s=%%s@%%s', key, value, version)
                  FROM agents.hydrate_agent_state('%s') WITH ORDINALITY ORDER BY ordinality
                """
                    .formatted(id)))
        .containsExactly("later=2@8", "first={\"n\": 1}@7");
    assertThat(database.query("SELECT key FROM agents.hydrate_agent_state(gen_random_uuid())"))
        .isEmpty();
  }

  @Test
  void lifecycleEventStaysWithoutWhoTriggeredItAndGoesWithItsAgent() throws SQLException {
    String agent = agent("watched");
    String other = agent("watcher");
    database.execute(
        """
        INSERT INTO agents.lifecycle_events
               (agent_id, event_type, previous_status, new_status, triggered_by, created_at)
        VALUES ('%1$s', 'note', NULL, NULL, '%2$s', '1999-12-31Z'),
               ('%1$s', 'registered', NULL, 'initializing', NULL, now()),
               ('%1$s', 'activated', 'initializing', 'active', NULL, '2999-12-31Z');
        DELETE FROM agents.registry WHERE agent_id = '%2$s'
        """
            .formatted(agent, other));

    String events =
        "SELECT concat_ws(' ', event_type, triggered_by) FROM agents.lifecycle_events"
            + " WHERE agent_id = '%s' ORDER BY created_at".formatted(agent);
    assertThat(database.query(events)).containsExactly("note", "registered", "activated");
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(database.query(events)).isEmpty();
  }

  @Test
  void checkpointKeepsAnAgentsStateUntilTheAgentGoes() throws SQLException {
    String agent = agent("kept");
    database.execute(
        """
        INSERT INTO agents.checkpoints
               (agent_id, checkpoint_name, state_snapshot, kv_revision, trigger_event,
                journal_epoch, journal_sequence, entry_count, size_bytes)
        VALUES ('%1$s', 'before the trip', '{"k": 1}', 12, 'manual', 3, 0, 1, 8),
               ('%1$s', NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL)
        """
            .formatted(agent));

    assertThat(single("SELECT count(*) FROM agents.checkpoints")).isEqualTo("2");
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(single("SELECT count(*) FROM agents.checkpoints")).isEqualTo("0");
  }

  @Test
  void tablesThatChangeAllTheTimeAreVacuumedSooner() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT c.oid::regclass
                  FROM pg_class AS c
                 WHERE c.reloptions @> '{autovacuum_vacuum_scale_factor=0.05,
                                         autovacuum_analyze_scale_factor=0.05,
                                         autovacuum_vacuum_cost_limit=1000}'
                 ORDER BY c.oid::regclass::text
                """))
        .contains("agents.registry", "tasks.queue", "sessions.active")
        .contains("tasks.executions_default", "messages.log_default")
        .filteredOn(name -> name.startsWith("agents.state_"))
        .hasSize(8);
  }
}
