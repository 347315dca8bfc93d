package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/**
 * Samples of the journals' positions, from which follows how long an entry has been committed.
 *
 * <p>The position's row has the time of its last move, so a sample is a copy of that row, and the
 * flush pays nothing for it. Only samples of the current epoch count: after the stream went back,
 * the same sequences name other messages.
 */
final class JournalSamples {

  /** A sample is due when the latest one is older than this part of the age. */
  private static final int PER_AGE = 16;

  private static final String ADD =
      """
      INSERT INTO agents.journal_samples (bucket, age_micros, epoch, sequence, moved_at)
      SELECT p.bucket, :age, p.epoch, p.sequence, p.updated_at
        FROM agents.journal_positions p
       WHERE p.bucket = :bucket AND p.epoch = :epoch
         AND NOT EXISTS (
           SELECT FROM agents.journal_samples s
            WHERE s.bucket = p.bucket AND s.age_micros = :age AND s.epoch = p.epoch
              AND s.moved_at > clock_timestamp() - :spacing * interval '1 microsecond'
         )
      ON CONFLICT DO NOTHING
      """;

  /** Keeps the latest sample that is old enough, which is the answer, and what is later. */
  private static final String PRUNE =
      """
      DELETE FROM agents.journal_samples s
       WHERE s.bucket = :bucket AND s.age_micros = :age
         AND (s.epoch <> :epoch
              OR EXISTS (
                SELECT FROM agents.journal_samples later
                 WHERE later.bucket = s.bucket AND later.age_micros = s.age_micros
                   AND later.epoch = s.epoch AND later.sequence > s.sequence
                   AND later.moved_at <= clock_timestamp() - :age * interval '1 microsecond'
              ))
      """;

  private static final String FIND =
      """
      SELECT COALESCE(max(old.sequence), 0)
        FROM agents.journal_positions p
        JOIN LATERAL (
          SELECT p.sequence, p.updated_at
           UNION ALL
          SELECT s.sequence, s.moved_at
            FROM agents.journal_samples s
           WHERE s.bucket = p.bucket AND s.age_micros = :age AND s.epoch = p.epoch
             AND s.sequence <= p.sequence
        ) AS old (sequence, moved_at)
          ON old.moved_at <= clock_timestamp() - :age * interval '1 microsecond'
       WHERE p.bucket = :bucket AND p.epoch = :epoch
      """;

  private static final String WAS_APPLIED =
      """
      SELECT EXISTS (
        SELECT FROM agents.journal_samples s
         WHERE s.bucket = :bucket AND s.moved_at <= :time::timestamptz
           AND (s.epoch, s.sequence) >= (:epoch, :sequence)
      )
      """;

  /** Samples the position where that is due, and returns what was applied for this long. */
  long appliedFor(Handle handle, JournalPosition observed, Duration age) {
    long micros = Math.max(1, age.toNanos() / 1_000);
    handle
        .createUpdate(ADD)
        .bind("bucket", observed.bucket())
        .bind("epoch", observed.epoch())
        .bind("age", micros)
        .bind("spacing", micros / PER_AGE)
        .execute();
    handle
        .createUpdate(PRUNE)
        .bind("bucket", observed.bucket())
        .bind("epoch", observed.epoch())
        .bind("age", micros)
        .execute();
    return handle
        .createQuery(FIND)
        .bind("bucket", observed.bucket())
        .bind("epoch", observed.epoch())
        .bind("age", micros)
        .mapTo(Long.class)
        .one();
  }

  boolean wasApplied(Handle handle, String bucket, Revision.OfJournal revision, Instant time) {
    return handle
        .createQuery(WAS_APPLIED)
        .bind("bucket", bucket)
        .bind("epoch", revision.epoch())
        .bind("sequence", revision.sequence())
        .bind("time", SqlTime.text(time))
        .mapTo(Boolean.class)
        .one();
  }
}
