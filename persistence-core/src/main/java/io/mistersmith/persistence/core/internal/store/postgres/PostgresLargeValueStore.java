package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Reads {@code agents.value_chunks}, and removes contents that nothing names. */
final class PostgresLargeValueStore implements LargeValueStore {

  /** How many contents a call looks at. */
  private static final int LOOK = 500;

  /** How many contents a statement removes, each of which may be large. */
  private static final int REMOVE = 4;

  private static final String CHUNKS =
      """
      SELECT c.bytes
        FROM (SELECT number, bytes, row_number() OVER (ORDER BY number) AS place
                FROM agents.value_chunks
               WHERE content = :content AND number >= :first AND number < :end) AS c
       WHERE c.number = :first + c.place - 1
       ORDER BY c.number
      """;

  private static final String LOOK_AT =
      """
      WITH seen AS (
        SELECT content
          FROM agents.large_values
         WHERE unnamed_since IS NULL AND written_at < :before::timestamptz
         ORDER BY checked_at
         LIMIT :look
           FOR UPDATE SKIP LOCKED)
      UPDATE agents.large_values v
         SET checked_at = clock_timestamp(),
             unnamed_since = CASE WHEN NOT agents.is_large_value_named(v.content)
                                  THEN clock_timestamp() END
        FROM seen
       WHERE v.content = seen.content
      """;

  /** One that was named again keeps its chunks, and is looked at later. */
  private static final String SPARE =
      """
      UPDATE agents.large_values
         SET unnamed_since = NULL
       WHERE unnamed_since < clock_timestamp() - :micros * interval '1 microsecond'
         AND agents.is_large_value_named(content)
      """;

  private static final String REMOVE_OLD =
      """
      WITH old AS (
        SELECT content
          FROM agents.large_values
         WHERE unnamed_since < clock_timestamp() - :micros * interval '1 microsecond'
         ORDER BY unnamed_since
         LIMIT :most
           FOR UPDATE SKIP LOCKED)
      DELETE FROM agents.large_values v
       USING old
       WHERE v.content = old.content AND NOT agents.is_large_value_named(v.content)
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
  public int sweep(Instant writtenBefore, Duration grace) {
    long micros = grace.toNanos() / 1_000;
    int unused =
        statements.write(
            "look for large values that nothing names",
            handle ->
                handle
                    .createUpdate(LOOK_AT)
                    .bind("before", SqlTime.text(writtenBefore))
                    .bind("look", LOOK)
                    .execute());
    int removed = 0;
    int last;
    do {
      last =
          statements.transaction(
              SqlOptions.of("remove large values that nothing names"),
              handle -> remove(handle, micros));
      removed += last;
    } while (last == REMOVE);
    return removed;
  }

  private static int remove(Handle handle, long micros) {
    int unused = handle.createUpdate(SPARE).bind("micros", micros).execute();
    return handle.createUpdate(REMOVE_OLD).bind("micros", micros).bind("most", REMOVE).execute();
  }
}
