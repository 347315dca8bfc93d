package io.mistersmith.persistence.migration;

import java.util.Locale;
import java.util.regex.Pattern;

/** The rows that each of two tenants has. Letters in quotes stand for ids. */
final class TenantRows {

  /** A row in each table that hangs on agents. */
  static final String ROWS =
      """
      INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('A', 'w', 'n');
      INSERT INTO agents.checkpoints (checkpoint_id, agent_id, state_snapshot)
      VALUES ('B', 'A', '{}');
      INSERT INTO agents.lifecycle_events (agent_id, event_type, triggered_by)
      VALUES ('A', 'e', 'A');
      INSERT INTO tasks.queue (task_id, task_type, created_by_agent_id) VALUES ('B', 't', 'A');
      INSERT INTO tasks.queue (task_id, task_type, parent_task_id) VALUES ('C', 't', 'B');
      INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('B', 'C');
      INSERT INTO tasks.executions (task_id, agent_id) VALUES ('B', 'A');
      INSERT INTO tasks.queue (task_type, created_by_agent_id, expires_at)
      VALUES ('claimed', 'A', now() + INTERVAL '1 h');
      SELECT tasks.claim('{claimed}', NULL, NULL, 1, 'w', '1 h');
      INSERT INTO messages.channels (channel_id, channel_name, channel_type)
      VALUES ('D', 'the same', 'topic');
      INSERT INTO messages.subscriptions (agent_id, channel_id) VALUES ('A', 'D');
      INSERT INTO messages.log (channel_id, message_type) VALUES ('D', 'command');
      INSERT INTO messages.log (to_agent_id, message_type) VALUES ('A', 'command');
      INSERT INTO messages.deliveries (message_id, sent_at, agent_id, priority)
      VALUES ('B', now(), 'A', 0);
      INSERT INTO sessions.active (session_token, agent_id, expires_at)
      VALUES (repeat('A', 2), 'A', now() + INTERVAL '1 h');
      INSERT INTO sessions.active (session_token, user_id, expires_at)
      VALUES (repeat('B', 2), 'u', now() + INTERVAL '1 h');
      INSERT INTO knowledge.facts
             (fact_id, entity_type, entity_id, predicate, object_value, object_type)
      VALUES ('E', 'e', 'i', 'p', '1', 't');
      INSERT INTO knowledge.embeddings
             (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
              content_hash)
      VALUES ('E', 'm', '1', '{1}', 't', 'h');
      INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key)
      VALUES ('A', 'order', 1, '{reserve}', '{}', 'c', 'the same');
      INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, parent_id)
      VALUES ('B', 'order', 1, '{reserve}', '{}', 'c', 'A');
      INSERT INTO sagas.log (saga_id, position, run_number, event) VALUES ('A', 1, 1, 'begun');
      INSERT INTO sagas.open (saga_id, name, version, due_at, deadline)
      VALUES ('A', 'order', 1, now(), now());
      INSERT INTO sagas.entry_writes (owner, path, token, correlation_id)
      VALUES ('A', '_.k', 't', 'c');
      INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at)
      VALUES ('A', 's', 'm', '\\x00', now());
      """;

  /** Rows that the flush alone may write. */
  static final String FLUSHED =
      """
      INSERT INTO agents.log_entries
             (agent_id, log, version, entry, bytes_before, epoch, sequence, checksum, written_at)
      VALUES ('A', '_.l', 1, '{}', 0, 1, 1, 'c', now());
      INSERT INTO agents.dead_letters
             (bucket, subject, agent, epoch, sequence, operation, reason_code, reason)
      VALUES ('A', 's', 'A', 1, 1, 'put', 'c', 'r');
      INSERT INTO agents.committed_transactions (correlation_id) VALUES ('the same');
      INSERT INTO messages.handled (consumer, message_id) VALUES ('c', 'the same');
      INSERT INTO agents.forgotten (agent_id) VALUES ('A');
      INSERT INTO agents.large_values (content, written_at) VALUES ('B', now());
      INSERT INTO agents.value_chunks VALUES ('B', 0, '\\x01');
      INSERT INTO agents.large_value_names VALUES ('B', 'A', '_large.k', TRUE);
      """;

  private TenantRows() {}

  /** The same letter is another id with each tenant. */
  static String of(String sql, int tenant) {
    return Pattern.compile("'([A-E])'")
        .matcher(sql)
        .replaceAll(
            letter ->
                "'%s0000000-0000-4000-8000-00000000000%d'"
                    .formatted(letter.group(1).toLowerCase(Locale.ROOT), tenant));
  }
}
