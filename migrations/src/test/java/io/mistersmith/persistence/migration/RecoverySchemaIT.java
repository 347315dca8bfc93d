package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each finding of the checks of a restored database, caused once. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class RecoverySchemaIT extends OnMigratedDatabase {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  RecoverySchemaIT(int majorVersion) {}

  @Test
  @Exercises("recovery.record_test_result")
  void testHasADuration() throws SQLException {
    assertThat(
            single(
                """
                SELECT recovery.record_test_result(
                         'pitr', '2026-01-01Z', clock_timestamp() - INTERVAL '90 s',
                         '2026-01-02Z', 'failed', FALSE, '{"bytes": 5}', 'n', '{a, b}')
                """))
        .isNotEmpty();
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', test_status, extract(EPOCH FROM test_completed_at
                         - test_started_at)::int BETWEEN 90 AND 120, error_messages,
                         data_verification_passed, performance_metrics, notes)
                  FROM recovery.test_results WHERE test_type = 'pitr'
                """))
        .containsExactly("failed t {a,b} f {\"bytes\": 5} n");
  }

  @Test
  void testThatRunsHasNotEndedAndAClockThatIsAheadEndsNoneBeforeItBegan() throws SQLException {
    database.execute(
        """
        DELETE FROM recovery.test_results;
        SELECT recovery.record_test_result('full_restore', now(), now(),
                                           p_test_status => 'running');
        SELECT recovery.record_test_result('cross_system', now(), now() + INTERVAL '1 h')
        """);
    assertThat(
            database.query(
                "SELECT concat_ws(' ', test_status, test_completed_at = test_started_at) FROM"
                    + " recovery.test_results WHERE test_type IN ('full_restore', 'cross_system')"
                    + " ORDER BY 1"))
        .containsExactly("passed t", "running");
  }

  @Test
  @Exercises("recovery.ages")
  void ageIsOfTheNewestBackupAndOfTheLastDrillThatPassed() throws SQLException {
    database.execute(
        """
        DELETE FROM recovery.test_results;
        DELETE FROM recovery.backups;
        UPDATE recovery.schedule SET since = now() - INTERVAL '13 h' WHERE what = 'backup';
        SELECT recovery.record_test_result('cross_system', now(), now() - INTERVAL '70 days');
        UPDATE recovery.test_results SET test_completed_at = now() - INTERVAL '70 days';
        SELECT recovery.record_test_result('cross_system', now(), now(),
                                           p_test_status => 'failed');
        """);
    assertThat(ages()).containsExactly("backup f 0.50", "drill t 2.00");

    database.execute(
        """
        INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes)
        VALUES ('new', 'daily', now() - INTERVAL '39 h', now(), 1),
               ('old', 'weekly', now() - INTERVAL '90 h', now(), 1);
        UPDATE recovery.schedule SET enabled = FALSE WHERE what = 'drill';
        """);
    try {
      assertThat(ages()).containsExactly("backup t 1.50");
    } finally {
      database.execute("UPDATE recovery.schedule SET enabled = TRUE WHERE what = 'drill'");
    }
  }

  private static List<String> ages() throws SQLException {
    return database.query(
        "SELECT concat_ws(' ', what, last_at IS NOT NULL, allowed_ages) FROM recovery.ages()");
  }

  @Test
  @Exercises("recovery.verify_data_consistency")
  void soundDatabasePasses() throws SQLException {
    List<String> report =
        report(
            RefusedRow.resource("fixtures.sql")
                + """
                UPDATE knowledge.embeddings
                   SET content_hash = encode(sha256(text_content::bytea), 'hex');
                UPDATE agents.state SET checksum = encode(sha256('1'), 'hex');
                UPDATE tasks.queue AS q
                   SET status = 'running', assigned_agent_id = e.agent_id
                  FROM tasks.executions AS e
                 WHERE e.task_id = q.task_id;
                """);

    assertThat(report)
        .contains("agents.state 1 PASS {}", "tasks.queue 3 PASS {}", "messages.log 1 PASS {}")
        .allMatch(row -> row.endsWith(" PASS {}"))
        .hasSize(
            Integer.parseInt(
                single(
                    """
                    SELECT count(*)
                      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                     WHERE n.nspname IN ('agents', 'tasks', 'messages', 'sessions', 'knowledge', 'sagas')
                       AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                    """)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          agents.registry 2 | 2 agents that are their own ancestors | INSERT INTO agents.registry (agent_id, agent_type, agent_name, parent_agent_id) VALUES ($a, 'w', 'x', $b), ($b, 'w', 'y', $a)
          agents.state 1 | 1 rows that refer to nothing by state_agent_id_fkey | INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ($a, 'k', '1')
          agents.state 1 | 1 entries whose checksum is no SHA-256 | INSERT INTO agents.state (agent_id, state_key, state_value, checksum) VALUES ($agent, 'k', '1', 'abc')
          agents.state 1 | 1 entries that are later than the journal's position | INSERT INTO agents.journal_epochs VALUES ('B', nextval('agents.journal_epoch_numbers'), 1, 0, 'new'); INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) SELECT bucket, epoch, 5, 0 FROM agents.journal_epochs WHERE bucket = 'B'; INSERT INTO agents.state (agent_id, state_key, state_value, version, epoch) SELECT $agent, 'k', '1', 6, epoch FROM agents.journal_epochs WHERE bucket = 'B'
          agents.journal_epochs 1 | 1 epochs that will be handed out again | DELETE FROM agents.journal_epochs; INSERT INTO agents.journal_epochs VALUES ('B', 1000, 1, 0, 'new')
          agents.journal_positions 1 | 1 rows that refer to nothing by journal_positions_epoch_fkey | DELETE FROM agents.journal_positions; INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) VALUES ('C', 999, 5, 0)
          agents.lifecycle_events 2 | 1 events that are there more than once | INSERT INTO agents.lifecycle_events (event_id, agent_id, event_type, created_at) VALUES ($a, $agent, 'x', '2020-01-01Z'), ($a, $agent, 'x', '2020-01-02Z')
          agents.checkpoints 1 | 1 rows that refer to nothing by checkpoints_agent_id_fkey | INSERT INTO agents.checkpoints (agent_id, state_snapshot) VALUES ($a, '{}')
          tasks.queue 1 | 1 rows that refer to nothing by queue_assigned_agent_id_fkey | INSERT INTO tasks.queue (task_type, assigned_agent_id) VALUES ('t', $a)
          tasks.queue 1 | 1 running tasks without a running execution | INSERT INTO tasks.queue (task_type, status, assigned_agent_id) VALUES ('t', 'running', $agent)
          tasks.queue 1 | 1 running tasks that are assigned to nobody | INSERT INTO tasks.queue (task_id, task_type, status) VALUES ($a, 't', 'running'); INSERT INTO tasks.executions (execution_id, task_id, agent_id, started_at) VALUES ($b, $a, $agent, now()); INSERT INTO tasks.execution_attempts VALUES ($a, 1, $b, now())
          tasks.queue 1 | 1 finished tasks without the time at which they were | INSERT INTO tasks.queue (task_type, status) VALUES ('t', 'failed')
          tasks.queue 1 | 1 tasks that are in the archive too | INSERT INTO tasks.queue (task_id, task_type) VALUES ($a, 't'); INSERT INTO tasks.archive (task_id, task_type, payload, configuration, metadata, status, priority, completed_at, max_retries, retry_count, created_at, updated_at) VALUES ($a, 't', '{}', '{}', '{}', 'failed', 'low', now(), 0, 0, now(), now())
          tasks.queue 1 | 1 claimable tasks that no claim finds | INSERT INTO tasks.queue (task_type, position) VALUES ('t', 9)
          tasks.queue 1 | 1 tasks whose unmet dependencies are counted wrongly | INSERT INTO tasks.queue (task_type, blocked_by) VALUES ('t', 1)
          tasks.queue 2 | 2 tasks that are their own ancestors | INSERT INTO tasks.queue (task_id, task_type, parent_task_id) VALUES ($a, 't', $b), ($b, 't', $a)
          tasks.dependencies 2 | 2 dependencies in a cycle | INSERT INTO tasks.queue (task_id, task_type) VALUES ($a, 't'), ($b, 't'); INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ($a, $b), ($b, $a)
          tasks.executions 1 | 1 executions that go on although their task has ended | INSERT INTO tasks.queue (task_id, task_type, status, completed_at) VALUES ($a, 't', 'failed', now()); INSERT INTO tasks.executions (execution_id, task_id, agent_id, started_at) VALUES ($b, $a, $agent, now()); INSERT INTO tasks.execution_attempts VALUES ($a, 1, $b, now())
          tasks.executions 1 | 1 executions whose attempt is not registered as theirs | INSERT INTO tasks.queue (task_id, task_type) VALUES ($a, 't'); INSERT INTO tasks.executions (task_id, agent_id) VALUES ($a, $agent)
          messages.log 2 | 1 messages that are there more than once | INSERT INTO messages.log (message_id, message_type, sent_at) VALUES ($a, 'heartbeat', '2020-01-01Z'), ($a, 'heartbeat', '2020-01-02Z')
          messages.log 1 | 1 rows that refer to nothing by log_to_agent_id_fkey | INSERT INTO messages.log (message_type, to_agent_id) VALUES ('command', $a)
          sessions.active 1 | 1 rows that refer to nothing by active_agent_id_fkey | INSERT INTO sessions.active (session_token, agent_id, expires_at) VALUES (repeat('t', 32), $a, now() + INTERVAL '1 h')
          sagas.runs 1 | 1 runs that are neither open nor ended | INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id) VALUES ($a, 'order', 1, '{pay}', '{}', 'c'); INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ($a, 1, 1, 'done')
          sagas.log 1 | 1 rows of no run | INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ($a, 1, 1, 'done')
          sagas.log 1 | 1 logs with gaps | INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id) VALUES ($a, 'order', 1, '{pay}', '{}', 'c'); INSERT INTO sagas.open (saga_id, name, version, due_at, deadline) VALUES ($a, 'order', 1, now(), now()); INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ($a, 2, 1, 'done')
          sagas.open 1 | 1 open runs that do not exist | INSERT INTO sagas.open (saga_id, name, version, due_at, deadline) VALUES ($a, 'order', 1, now(), now())
          sagas.open 1 | 1 open runs that have ended | INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id) VALUES ($a, 'order', 1, '{pay}', '{}', 'c'); INSERT INTO sagas.open (saga_id, name, version, due_at, deadline) VALUES ($a, 'order', 1, now(), now()); INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ($a, 1, 1, 'ended')
          knowledge.embeddings 1 | 1 embeddings whose text has another hash | INSERT INTO knowledge.facts (fact_id, entity_type, entity_id, predicate, object_value, object_type) VALUES ($a, 'e', 'i', 'p', '1', 'n'); INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content, content_hash) VALUES ($a, 'm', '1', 't', 'h')
          knowledge.embeddings 3 | 1 embeddings of other dimensions than most of their model | ALTER TABLE knowledge.embeddings DISABLE TRIGGER fix_dimensions; INSERT INTO knowledge.facts (fact_id, entity_type, entity_id, predicate, object_value, object_type) SELECT gen_random_uuid(), 'e', 'i', 'p', '1', 'n' FROM generate_series(1, 3); INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, embedding_vector, text_content, content_hash) SELECT fact_id, 'm', '1', CASE row_number() OVER () WHEN 1 THEN '{1,2,3}'::real[] ELSE '{1,2}' END, 't', encode(sha256('t'), 'hex') FROM knowledge.facts WHERE entity_type = 'e'
          """)
  void issueIsFound(String table, String issue, String rows) throws SQLException {
    assertThat(report("SET LOCAL session_replication_role = replica; " + rows))
        .contains(table + " ISSUES_FOUND {\"" + issue + "\"}");
  }

  /** The report on the database with these rows, which go afterwards. */
  private static List<String> report(String rows) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      String agent = "'aaaaaaaa-0000-4000-8000-0000000000aa'";
      String sql =
          rows.replace("$agent", agent)
              .replace("$a", "'aaaaaaaa-0000-4000-8000-00000000000a'")
              .replace("$b", "'bbbbbbbb-0000-4000-8000-00000000000b'");
      if (sql.contains(agent)) {
        statement.execute(
            "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES (%s, 'w', 'x')"
                .formatted(agent));
      }
      statement.execute(sql);
      List<String> report = new ArrayList<>();
      try (ResultSet found =
          statement.executeQuery(
              "SELECT concat_ws(' ', table_name, record_count, consistency_check, issues_found)"
                  + " FROM recovery.verify_data_consistency()")) {
        while (found.next()) {
          report.add(found.getString(1));
        }
      }
      connection.rollback();
      return report;
    }
  }
}
