package io.mistersmith.persistence.core.internal.store.postgres;

import java.time.Duration;
import org.jdbi.v3.core.Handle;

/**
 * The leases that name the runtime that flushes a journal, and their ends by the database's clock.
 * The token counts the holders.
 */
final class JournalLeases {

  private static final String ACQUIRE =
      """
      INSERT INTO agents.journal_leases AS l (bucket, holder, fencing_token, expires_at)
      VALUES (:bucket, :holder, 1, clock_timestamp() + :millis * interval '1 millisecond')
      ON CONFLICT (bucket) DO UPDATE
         SET holder = excluded.holder,
             fencing_token = l.fencing_token
                             + CASE WHEN l.holder = excluded.holder THEN 0 ELSE 1 END,
             expires_at = excluded.expires_at
       WHERE l.holder = excluded.holder OR l.expires_at <= clock_timestamp()
      """;

  /** The row stays, because the token must never start again. */
  private static final String RELEASE =
      """
      UPDATE agents.journal_leases
         SET expires_at = clock_timestamp()
       WHERE bucket = :bucket AND holder = :holder AND expires_at > clock_timestamp()
      """;

  boolean acquire(Handle handle, String bucket, String holder, Duration duration) {
    return handle
            .createUpdate(ACQUIRE)
            .bind("bucket", bucket)
            .bind("holder", holder)
            .bind("millis", duration.toMillis())
            .execute()
        == 1;
  }

  boolean release(Handle handle, String bucket, String holder) {
    return handle.createUpdate(RELEASE).bind("bucket", bucket).bind("holder", holder).execute()
        == 1;
  }
}
