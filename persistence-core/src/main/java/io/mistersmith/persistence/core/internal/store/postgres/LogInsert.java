package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows into {@code agents.log_entries}. An entry is written once. When another one has its
 * version, which only a process that did not notice a recreated bucket can append, the statement
 * breaks the constraint {@code version_is_free}: it becomes a dead letter. Deletes some rows before
 * the first versions of the heads that are written with them: those entries are earlier in the
 * stream, so that all of them have been written.
 */
final class LogInsert {

  private static final String PUT =
      """
      INSERT INTO agents.log_entries AS l
             (agent_id, owner, log, version, entry, entry_document, entry_id, kept_with,
              bytes_before, epoch, sequence, checksum, written_at)
      SELECT c.agent_id::uuid, c.owner, c.log, c.version, c.entry::jsonb,
             CASE WHEN c.keeps_document THEN c.entry END, c.entry_id, c.kept_with, c.bytes_before,
             c.epoch, c.sequence, c.checksum, c.written_at::timestamptz
        FROM unnest(:agents, :owners, :logs, :versions, :entries, :documents, :ids, :with, :before,
                    :epochs, :sequences, :checksums, :written)
          AS c (agent_id, owner, log, version, entry, keeps_document, entry_id, kept_with,
                bytes_before, epoch, sequence, checksum, written_at)
      ON CONFLICT (agent_id, log, version) DO UPDATE
         SET epoch = excluded.epoch,
             sequence = CASE WHEN l.checksum = excluded.checksum THEN excluded.sequence ELSE 0 END
       WHERE (l.epoch, l.sequence) <> (excluded.epoch, excluded.sequence)
         AND (l.checksum <> excluded.checksum
              OR (l.epoch, l.sequence) < (excluded.epoch, excluded.sequence))
      """;

  private static final String DELETE =
      """
      DELETE FROM agents.log_entries l
       USING unnest(:agents, :logs, :versions, :epochs, :sequences)
          AS c (agent_id, log, version, epoch, sequence)
       WHERE l.agent_id = c.agent_id::uuid AND l.log = c.log AND l.version = c.version
         AND (l.epoch, l.sequence) < (c.epoch, c.sequence)
      """;

  /**
   * Deletes the oldest rows first. Rows that a sweep or a flush is deleting are left to it, so that
   * neither waits for the other.
   */
  private static final String DELETE_BEFORE_FIRST =
      """
      DELETE FROM agents.log_entries l
       USING (SELECT e.agent_id, e.log, e.version
                FROM unnest(:agents, :logs) AS c (agent_id, log)
                JOIN agents.state s
                  ON s.agent_id = c.agent_id::uuid AND s.state_key = :heads || '.' || c.log
               CROSS JOIN LATERAL
                     (SELECT r.agent_id, r.log, r.version
                        FROM agents.log_entries r
                       WHERE r.agent_id = s.agent_id AND r.log = c.log
                         AND r.version < (s.state_value ->> 'first')::bigint
                       ORDER BY r.version
                       LIMIT :most
                         FOR UPDATE SKIP LOCKED) e
               LIMIT :most) old
       WHERE l.agent_id = old.agent_id AND l.log = old.log AND l.version = old.version
      """;

  /**
   * Writes the rows, or throws and leaves the transaction aborted.
   *
   * @param states the rows of {@code agents.state} that were just written, heads among them
   * @return how many rows of entries were written or deleted by their own
   */
  int write(Handle handle, List<StateRow> entries, List<StateRow> states) {
    List<StateRow> puts = new ArrayList<>(entries.size());
    List<StateRow> deletes = new ArrayList<>();
    for (StateRow row : entries) {
      (row.isDelete() ? deletes : puts).add(row);
    }
    int changed = puts.isEmpty() ? 0 : put(handle, puts);
    changed += deletes.isEmpty() ? 0 : delete(handle, deletes);
    List<StateRow> heads =
        states.stream().filter(row -> row.key().type().equals(LogStore.HEADS)).toList();
    if (!heads.isEmpty()) {
      int unused = deleteBeforeFirst(handle, heads);
    }
    return changed;
  }

  /** Runs the statements with no rows; see {@link StateUpsert#rehearse}. */
  int rehearse(Handle handle) {
    return put(handle, List.of()) + deleteBeforeFirst(handle, List.of());
  }

  private static int put(Handle handle, List<StateRow> rows) {
    List<@Nullable Envelope> envelopes = new ArrayList<>(rows.size());
    rows.forEach(row -> envelopes.add(Envelope.decode(row.change().value()).orElse(null)));
    return handle
        .createUpdate(PUT)
        .bind("agents", StateUpsert.text(rows, StateRow::agentId))
        .bind("owners", StateUpsert.text(rows, StateRow::owner))
        .bind("logs", StateUpsert.text(rows, row -> row.logEntry().orElseThrow().log()))
        .bind("versions", StateUpsert.bigint(rows, row -> row.logEntry().orElseThrow().version()))
        .bind("entries", StateUpsert.text(rows, StateRow::value))
        .bind("documents", SqlArray.bool(rows.stream().map(StateRow::isDocumentKept).toList()))
        .bind("ids", SqlArray.text(each(envelopes, entry -> entry.id().orElse(null))))
        .bind("with", SqlArray.bigint(each(envelopes, entry -> boxed(entry.keptWith()))))
        .bind("before", SqlArray.bigint(each(envelopes, Envelope::bytesBefore)))
        .bind("epochs", StateUpsert.bigint(rows, row -> row.change().revision().epoch()))
        .bind("sequences", StateUpsert.bigint(rows, row -> row.change().revision().sequence()))
        .bind("checksums", StateUpsert.text(rows, StateRow::checksum))
        .bind("written", StateUpsert.text(rows, row -> SqlTime.text(row.change().writtenAt())))
        .execute();
  }

  private static <T> List<@Nullable T> each(
      List<@Nullable Envelope> envelopes, Function<Envelope, @Nullable T> column) {
    List<@Nullable T> values = new ArrayList<>(envelopes.size());
    for (Envelope envelope : envelopes) {
      values.add(envelope == null ? null : column.apply(envelope));
    }
    return values;
  }

  private static @Nullable Long boxed(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static int delete(Handle handle, List<StateRow> rows) {
    return handle
        .createUpdate(DELETE)
        .bind("agents", StateUpsert.text(rows, StateRow::agentId))
        .bind("logs", StateUpsert.text(rows, row -> row.logEntry().orElseThrow().log()))
        .bind("versions", StateUpsert.bigint(rows, row -> row.logEntry().orElseThrow().version()))
        .bind("epochs", StateUpsert.bigint(rows, row -> row.change().revision().epoch()))
        .bind("sequences", StateUpsert.bigint(rows, row -> row.change().revision().sequence()))
        .execute();
  }

  private static int deleteBeforeFirst(Handle handle, List<StateRow> heads) {
    return deleteBeforeFirst(
        handle,
        StateUpsert.text(heads, StateRow::agentId),
        StateUpsert.text(heads, row -> row.key().key()));
  }

  /** Deletes rows before the first versions of logs; see {@link LogStore#deleteTruncated}. */
  static int deleteBeforeFirst(Handle handle, SqlArray agents, SqlArray logs) {
    return handle
        .createUpdate(DELETE_BEFORE_FIRST)
        .bind("agents", agents)
        .bind("logs", logs)
        .bind("heads", LogStore.HEADS)
        .bind("most", LogStore.MOST_DELETED)
        .execute();
  }
}
