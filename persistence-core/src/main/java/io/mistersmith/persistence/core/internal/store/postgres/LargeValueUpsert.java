package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.state.LargeValues.Description;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writes the chunks of large values, and notes which entries name them. */
final class LargeValueUpsert {

  /** In the order of the contents, so that no deadlock arises. */
  private static final String CONTENTS =
      """
      INSERT INTO agents.large_values AS v (content, written_at)
      SELECT c.content::uuid, c.written_at::timestamptz
        FROM unnest(:contents, :written) AS c (content, written_at)
       ORDER BY c.content COLLATE "C"
      ON CONFLICT (content) DO UPDATE
         SET written_at = GREATEST(v.written_at, excluded.written_at), unnamed_since = NULL
      """;

  private static final String CHUNKS =
      """
      INSERT INTO agents.value_chunks (content, number, bytes)
      SELECT c.content::uuid, c.number, c.bytes
        FROM unnest(:contents, :numbers, :bytes) AS c (content, number, bytes)
       ORDER BY c.content COLLATE "C", c.number
      ON CONFLICT (content, number) DO NOTHING
      """;

  private static final String NAME =
      """
      SELECT count(*)
        FROM (SELECT agents.name_large_value(c.agent_id::uuid, c.state_key, c.epoch, c.version,
                                             c.content::uuid, c.chunks::integer, c.bytes)
                FROM unnest(:agents, :keys, :epochs, :versions, :contents, :chunks, :bytes)
                  AS c (agent_id, state_key, epoch, version, content, chunks, bytes)
               ORDER BY c.content COLLATE "C") AS named
      """;

  /** Writes chunks; returns how many were not there yet. */
  int write(Handle handle, List<StateRow> chunks) {
    Map<String, Instant> written = new TreeMap<>();
    List<String> contents = new ArrayList<>(chunks.size());
    List<Long> numbers = new ArrayList<>(chunks.size());
    List<byte[]> bytes = new ArrayList<>(chunks.size());
    for (StateRow chunk : chunks) {
      String content = LargeValueChanges.content(chunk.key()).toString();
      written.merge(
          content, chunk.change().writtenAt(), (one, other) -> one.isAfter(other) ? one : other);
      contents.add(content);
      numbers.add((long) LargeValueChanges.number(chunk.key()));
      bytes.add(chunk.change().value());
    }
    handle
        .createUpdate(CONTENTS)
        .bind("contents", SqlArray.text(written.keySet()))
        .bind("written", SqlArray.text(written.values().stream().map(SqlTime::text).toList()))
        .execute();
    return handle
        .createUpdate(CHUNKS)
        .bind("contents", SqlArray.text(contents))
        .bind("numbers", SqlArray.bigint(numbers))
        .bind("bytes", SqlArray.bytes(bytes))
        .execute();
  }

  /**
   * Notes what these entries name, which were just written; PostgreSQL refuses an incomplete one.
   */
  void name(Handle handle, List<StateRow> entries) {
    List<Description> descriptions =
        entries.stream().map(entry -> Description.parse(entry.change().value())).toList();
    Long unused =
        handle
            .createQuery(NAME)
            .bind("agents", SqlArray.text(entries.stream().map(StateRow::agentId).toList()))
            .bind("keys", SqlArray.text(entries.stream().map(row -> row.key().path()).toList()))
            .bind(
                "epochs",
                SqlArray.bigint(entries.stream().map(r -> r.change().revision().epoch()).toList()))
            .bind(
                "versions",
                SqlArray.bigint(
                    entries.stream().map(r -> r.change().revision().sequence()).toList()))
            .bind(
                "contents",
                SqlArray.text(
                    descriptions.stream().map(Description::content).map(UUID::toString).toList()))
            .bind(
                "chunks",
                SqlArray.bigint(descriptions.stream().map(d -> (long) d.chunks()).toList()))
            .bind("bytes", SqlArray.bigint(descriptions.stream().map(Description::bytes).toList()))
            .mapTo(Long.class)
            .one();
  }
}
