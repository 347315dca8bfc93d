package io.mistersmith.persistence.core.internal.store.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows into {@code agents.state}, and those of logs by {@link LogInsert}, each fenced by
 * (epoch, version): a row is never replaced by an older one. Deletes leave a tombstone, but none of
 * an agent that is not registered. A tombstone's age counts from the later of its write and its
 * commit: a delete that waited for PostgreSQL must not be swept as soon as it is there.
 */
final class StateUpsert {

  private static final String PUT =
      """
      INSERT INTO agents.state AS s
             (agent_id, owner, state_key, state_value, state_document, epoch, version, checksum,
              created_at, updated_at, expires_at, deleted_at, hybrid_time, vector_clock, actor,
              correlation_id)
      SELECT c.agent_id::uuid, c.owner, c.state_key, c.state_value::jsonb,
             CASE WHEN c.keeps_document THEN c.state_value END, c.epoch, c.version, c.checksum,
             c.written_at::timestamptz, c.written_at::timestamptz, c.expires_at::timestamptz, NULL,
             c.hybrid_time, c.vector_clock, c.actor, c.correlation_id
        FROM unnest(:agents, :owners, :keys, :values, :documents, :epochs, :versions, :checksums,
                    :written, :expires, :times, :clocks, :actors, :correlations)
          AS c (agent_id, owner, state_key, state_value, keeps_document, epoch, version, checksum,
                written_at, expires_at, hybrid_time, vector_clock, actor, correlation_id)
      ON CONFLICT (agent_id, state_key) DO UPDATE
         SET state_value = excluded.state_value,
             state_document = excluded.state_document,
             epoch = excluded.epoch,
             version = excluded.version,
             checksum = excluded.checksum,
             created_at = CASE WHEN s.deleted_at IS NULL THEN s.created_at
                               ELSE excluded.created_at END,
             updated_at = excluded.updated_at,
             expires_at = excluded.expires_at,
             deleted_at = NULL,
             hybrid_time = excluded.hybrid_time,
             vector_clock = excluded.vector_clock,
             actor = excluded.actor,
             correlation_id = excluded.correlation_id
       WHERE (s.epoch, s.version) < (excluded.epoch, excluded.version)
      """;

  private static final String DELETE =
      """
      INSERT INTO agents.state AS s
             (agent_id, owner, state_key, state_value, epoch, version, checksum,
              created_at, updated_at, expires_at, deleted_at, hybrid_time, vector_clock, actor,
              correlation_id)
      SELECT c.agent_id::uuid, c.owner, c.state_key, 'null'::jsonb, c.epoch, c.version, c.checksum,
             c.written_at::timestamptz, c.written_at::timestamptz, NULL,
             GREATEST(c.written_at::timestamptz, now()), c.hybrid_time, c.vector_clock, c.actor,
             c.correlation_id
        FROM unnest(:agents, :owners, :keys, :epochs, :versions, :checksums, :written, :times,
                    :clocks, :actors, :correlations)
          AS c (agent_id, owner, state_key, epoch, version, checksum, written_at, hybrid_time,
                vector_clock, actor, correlation_id)
        LEFT JOIN agents.registry r ON r.agent_id = c.agent_id::uuid
       WHERE r.agent_id IS NOT NULL OR c.owner IS NOT NULL
       ORDER BY c.agent_id COLLATE "C", c.state_key COLLATE "C"
      ON CONFLICT (agent_id, state_key) DO UPDATE
         SET state_value = excluded.state_value,
             state_document = NULL,
             epoch = excluded.epoch,
             version = excluded.version,
             checksum = excluded.checksum,
             updated_at = excluded.updated_at,
             expires_at = NULL,
             deleted_at = excluded.deleted_at,
             hybrid_time = excluded.hybrid_time,
             vector_clock = excluded.vector_clock,
             actor = excluded.actor,
             correlation_id = excluded.correlation_id
       WHERE (s.epoch, s.version) < (excluded.epoch, excluded.version)
      """;

  private final LogInsert logs = new LogInsert();
  private final LargeValueUpsert largeValues = new LargeValueUpsert();

  /**
   * Writes all rows, or throws and leaves the transaction aborted.
   *
   * @return how many rows changed; the others were there already, or later ones were
   */
  int write(Handle handle, List<StateRow> rows) {
    List<StateRow> puts = new ArrayList<>(rows.size());
    List<StateRow> deletes = new ArrayList<>();
    List<StateRow> chunks = new ArrayList<>(0);
    List<StateRow> named = new ArrayList<>(0);
    List<StateRow> entries = new ArrayList<>(0);
    for (StateRow row : rows) {
      if (row.isChunk()) {
        chunks.add(row);
      } else if (row.logEntry().isPresent()) {
        entries.add(row);
      } else {
        (row.isDelete() ? deletes : puts).add(row);
        if (row.namesContent()) {
          named.add(row);
        }
      }
    }
    int changed = chunks.isEmpty() ? 0 : largeValues.write(handle, chunks);
    changed += puts.isEmpty() ? 0 : put(handle, puts);
    changed += deletes.isEmpty() ? 0 : delete(handle, deletes);
    if (!named.isEmpty()) {
      largeValues.name(handle, named);
    }
    return changed + logs.write(handle, entries, puts);
  }

  /**
   * Runs both statements with no rows. The first flush of a process otherwise loads and compiles
   * for several hundred milliseconds while writes come in.
   */
  void rehearse(Handle handle) {
    int puts = put(handle, List.of());
    int deletes = delete(handle, List.of());
    if (puts + deletes + logs.rehearse(handle) > 0) {
      throw new IllegalStateException("a rehearsal changed rows");
    }
  }

  private static int put(Handle handle, List<StateRow> puts) {
    return bind(handle.createUpdate(PUT), puts)
        .bind("values", text(puts, StateRow::value))
        .bind("documents", SqlArray.bool(puts.stream().map(StateRow::isDocumentKept).toList()))
        .bind(
            "expires", text(puts, row -> row.change().expiresAt().map(SqlTime::text).orElse(null)))
        .execute();
  }

  private static int delete(Handle handle, List<StateRow> deletes) {
    return bind(handle.createUpdate(DELETE), deletes).execute();
  }

  private static Update bind(Update statement, List<StateRow> rows) {
    return statement
        .bind("agents", text(rows, StateRow::agentId))
        .bind("owners", text(rows, StateRow::owner))
        .bind("keys", text(rows, row -> row.key().path()))
        .bind("epochs", bigint(rows, row -> row.change().revision().epoch()))
        .bind("versions", bigint(rows, row -> row.change().revision().sequence()))
        .bind("checksums", text(rows, StateRow::checksum))
        .bind("written", text(rows, row -> SqlTime.text(row.change().writtenAt())))
        .bind("times", text(rows, StateRow::hybridTime))
        .bind("clocks", text(rows, StateRow::vectorClock))
        .bind("actors", text(rows, StateRow::actor))
        .bind("correlations", text(rows, StateRow::correlationId));
  }

  static SqlArray text(List<StateRow> rows, Function<StateRow, @Nullable String> column) {
    List<@Nullable String> elements = new ArrayList<>(rows.size());
    for (StateRow row : rows) {
      elements.add(column.apply(row));
    }
    return SqlArray.text(elements);
  }

  static SqlArray bigint(List<StateRow> rows, ToLongFunction<StateRow> column) {
    List<Long> elements = new ArrayList<>(rows.size());
    for (StateRow row : rows) {
      elements.add(column.applyAsLong(row));
    }
    return SqlArray.bigint(elements);
  }
}
