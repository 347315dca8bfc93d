package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.JournalEntry.Unreadable;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Files refused changes with their exact bytes, and closes those that a later write made moot.
 *
 * <p>Whatever a message of the stream holds can be filed, because a change that cannot would stop
 * the flush: bytes go to columns of bytes, text that PostgreSQL cannot hold is escaped, times are
 * moved into the range of their columns, and no index covers a column without a limit.
 */
final class DeadLetterLog {

  private static final String FILE =
      """
      INSERT INTO agents.dead_letters
             (dead_letter_id, bucket, subject, subject_escaped, agent, state_key, epoch, sequence,
              operation, value, headers, written_at, expires_at, hybrid_time, vector_clock,
              reason_code, sql_state, constraint_name, reason, actor, correlation_id, status)
      VALUES (:id, :bucket, :subject, :escaped, :agent, :key, :epoch, :sequence,
              :operation, :value, :headers, :written::timestamptz, :expires::timestamptz,
              :time, :clock, :code, nullif(:sqlState, ''), nullif(:constraint, ''), :reason,
              :actor, :correlation, 'open')
      ON CONFLICT DO NOTHING
      """;

  private static final String SUPERSEDE =
      """
      UPDATE agents.dead_letters d
         SET status = 'superseded', resolved_at = clock_timestamp()
        FROM unnest(:subjects, :epochs, :sequences) AS c (subject, epoch, sequence)
       WHERE d.bucket = :bucket AND d.subject = c.subject AND d.status = 'open'
         AND (d.epoch, d.sequence) <= (c.epoch, c.sequence)
      """;

  /** Files the refusals as open dead letters. */
  void file(Handle handle, String bucket, List<RefusedChange> refused) {
    if (refused.isEmpty()) {
      return;
    }
    PreparedBatch batch = handle.prepareBatch(FILE);
    for (RefusedChange refusal : refused) {
      StateChange change = refusal.change();
      batch
          .bind("id", UUID.randomUUID())
          .bind("bucket", bucket)
          .bind("subject", SqlText.storable(change.subject()))
          .bind("escaped", !SqlText.isStorable(change.subject()))
          .bind("agent", change.key().map(key -> key.agent().toString()).orElse(null))
          .bind("key", change.key().map(StateKey::path).orElse(null))
          .bind("epoch", change.revision().epoch())
          .bind("sequence", change.revision().sequence())
          .bind("operation", change.operation().name().toLowerCase(Locale.ROOT))
          .bind("value", change.value())
          .bind("headers", change.unreadable().map(Unreadable::headers).orElse(null))
          .bind("written", SqlTime.text(change.writtenAt()))
          .bind("expires", change.expiresAt().map(SqlTime::text).orElse(null))
          .bind("time", SqlProvenance.time(change.provenance()))
          .bind("clock", SqlProvenance.clock(change.provenance()))
          .bind("code", refusal.error().name())
          .bind("sqlState", refusal.sqlState())
          .bind("constraint", refusal.constraint())
          .bind("reason", SqlText.storable(refusal.reason()))
          .bind("actor", change.actor().map(Actor::name).orElse(null))
          .bind("correlation", change.actor().flatMap(Actor::correlationId).orElse(null))
          .add();
    }
    batch.execute();
  }

  /** Closes the open dead letters of keys that these rows, or later ones, were written to. */
  void supersede(Handle handle, String bucket, List<StateRow> written) {
    if (written.isEmpty()) {
      return;
    }
    List<String> subjects = new ArrayList<>();
    List<Long> epochs = new ArrayList<>();
    List<Long> sequences = new ArrayList<>();
    for (StateRow row : written) {
      subjects.add(row.change().subject());
      epochs.add(row.change().revision().epoch());
      sequences.add(row.change().revision().sequence());
    }
    handle
        .createUpdate(SUPERSEDE)
        .bind("bucket", bucket)
        .bind("subjects", SqlArray.text(subjects))
        .bind("epochs", SqlArray.bigint(epochs))
        .bind("sequences", SqlArray.bigint(sequences))
        .execute();
  }
}
