package io.mistersmith.persistence.core.internal.store.postgres;

import java.time.Duration;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The rows that units of work with a correlation id leave when they are committed. */
final class CommittedUnits {

  /**
   * Waits for a transaction that has inserted the id and has not ended. It cannot come later: a
   * unit inserts its id before all else, so one whose COMMIT was sent has it.
   */
  private static final String CLAIM =
      """
      INSERT INTO agents.committed_transactions (correlation_id) VALUES (:id)
      ON CONFLICT DO NOTHING
      """;

  private static final String ATTEMPT =
      """
      SELECT attempt IS NOT DISTINCT FROM :attempt
        FROM agents.committed_transactions
       WHERE correlation_id = :id
      """;

  private static final String SWEEP =
      """
      DELETE FROM agents.committed_transactions
       WHERE correlation_id IN (
         SELECT correlation_id
           FROM agents.committed_transactions
          WHERE noted_at < clock_timestamp() - make_interval(secs => :seconds)
          LIMIT 10000
       )
      """;

  private CommittedUnits() {}

  /** Whether the id is taken; to be run in a transaction that is rolled back. */
  static boolean isTaken(Handle handle, String correlationId) {
    return handle.createUpdate(CLAIM).bind("id", correlationId).execute() == 0;
  }

  /** Whether the id, which is taken, is so by this attempt. */
  static boolean isBy(Handle handle, String correlationId, UUID attempt) {
    return handle
        .createQuery(ATTEMPT)
        .bind("attempt", attempt)
        .bind("id", correlationId)
        .mapTo(Boolean.class)
        .findOne()
        .orElse(false);
  }

  /** Deletes some of the rows that are older; returns how many. */
  static int sweep(Handle handle, Duration age) {
    return handle.createUpdate(SWEEP).bind("seconds", age.toMillis() / 1000.0).execute();
  }
}
