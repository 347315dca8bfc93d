package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.LargeValueStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Reads {@code agents.value_chunks}, and removes contents that nothing names. */
final class PostgresLargeValueStore implements LargeValueStore {

  /** How many contents a call looks at: the names of one may take a while to find. */
  private static final int LOOK = 20;

  private static final String CHUNKS =
      """
      SELECT c.bytes
        FROM (SELECT number, bytes, row_number() OVER (ORDER BY number) AS place
                FROM agents.value_chunks
               WHERE content = :content AND number >= :first AND number < :end) AS c
       WHERE c.number = :first + c.place - 1
       ORDER BY c.number
      """;

  /**
   * Takes contents by turns, and commits that. So one whose names take longer to find than a
   * statement may last, holds up no other.
   */
  private static final String TAKE_WHERE =
      """
      WITH due AS (
        SELECT content
          FROM agents.large_values
         WHERE %s
           AND checked_at < clock_timestamp() - :micros * interval '1 microsecond'
         ORDER BY checked_at
         LIMIT :look
           FOR UPDATE SKIP LOCKED)
      UPDATE agents.large_values v
         SET checked_at = clock_timestamp()
        FROM due
       WHERE v.content = due.content
      RETURNING v.content
      """;

  private static final String TAKE =
      TAKE_WHERE.formatted("unnamed_since IS NULL AND written_at < :before::timestamptz");

  private static final String TAKE_NOTED =
      TAKE_WHERE.formatted(
          "unnamed_since < clock_timestamp() - :micros * interval '1 microsecond'");

  /** The names are looked for before the row is locked, so that the flush need not wait. */
  private static final String NOTE =
      """
      UPDATE agents.large_values
         SET unnamed_since = clock_timestamp()
       WHERE content = :content AND unnamed_since IS NULL
         AND NOT agents.is_large_value_named(content)
      """;

  /**
   * The flush takes {@code unnamed_since} away when it names a content. Done meanwhile, that
   * changes the row, so that this condition is looked at again, and the content stays.
   */
  private static final String REMOVE =
      """
      DELETE FROM agents.large_values
       WHERE content = :content AND unnamed_since IS NOT NULL
         AND NOT agents.is_large_value_named(content)
      """;

  /** What is left of those that were to be removed is named again, and is looked at later. */
  private static final String SPARE =
      """
      UPDATE agents.large_values
         SET unnamed_since = NULL
       WHERE content = :content AND unnamed_since IS NOT NULL
         AND agents.is_large_value_named(content)
      """;

  private final Statements statements;

  PostgresLargeValueStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public List<byte[]> chunks(UUID content, int first, int most) {
    return statements.read(
        "read chunks of large value " + content + " from " + first,
        handle ->
            handle
                .createQuery(CHUNKS)
                .bind("content", content)
                .bind("first", first)
                .bind("end", (long) first + most)
                .map((row, context) -> row.getBytes("bytes"))
                .list());
  }

  @Override
  public int noteUnnamed(Instant writtenBefore, Duration grace) {
    List<UUID> taken =
        statements.write(
            "take large values to look at",
            handle ->
                handle
                    .createQuery(TAKE)
                    .bind("before", SqlTime.text(writtenBefore))
                    .bind("micros", micros(grace))
                    .bind("look", LOOK)
                    .mapTo(UUID.class)
                    .list());
    for (UUID content : taken) {
      int unused = change("look for names of large value ", NOTE, content);
    }
    return taken.size();
  }

  @Override
  public int removeUnnamed(Duration grace) {
    List<UUID> taken =
        statements.write(
            "take large values to remove",
            handle ->
                handle
                    .createQuery(TAKE_NOTED)
                    .bind("micros", micros(grace))
                    .bind("look", LOOK)
                    .mapTo(UUID.class)
                    .list());
    int removed = 0;
    for (UUID content : taken) {
      int gone = change("remove unnamed large value ", REMOVE, content);
      if (gone == 0) {
        int unused = change("keep large value ", SPARE, content);
      }
      removed += gone;
    }
    return removed;
  }

  private int change(String what, String sql, UUID content) {
    return statements.write(
        what + content, handle -> handle.createUpdate(sql).bind("content", content).execute());
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
