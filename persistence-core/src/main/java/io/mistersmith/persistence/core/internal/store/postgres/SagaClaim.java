package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Claims runs of sagas. The owners are found by one probe of an index each, then their leases, so
 * that runs of living owners cost nothing. A claim writes to {@code sagas.open} alone, and leaves
 * out what another transaction has locked: a stale owner whose transaction is open holds up no
 * other run.
 */
final class SagaClaim {

  /** The columns of runs {@code o} with their logs; the first row of a run has its input. */
  private static final String CLAIMED =
      "SELECT "
          + SagaRow.RUN
          + """
          , o.run_number, coalesce(o.stopped, o.state) AS state, NULL::timestamptz AS ended_at,
                 coalesce(o.stop_reason, o.compensation_reason) AS reason, o.cancel_reason,
                 (extract(EPOCH FROM o.deadline - clock_timestamp()) * 1000000)::bigint AS left_micros,
                 CASE WHEN coalesce(l.position, 1) = 1 THEN r.input END AS input,
                 CASE WHEN coalesce(l.position, 1) = 1 THEN r.steps END AS steps,
          """
          + SagaRow.ENTRY;

  private static final String JOINED =
      """
        JOIN sagas.runs AS r ON r.saga_id = o.saga_id
        LEFT JOIN sagas.log AS l ON l.saga_id = o.saga_id
      """;

  /** More candidates than are claimed: other claims may have locked the first ones. */
  private static final String CLAIM =
      """
      WITH RECURSIVE known AS (
        SELECT k.name, k.version::integer
          FROM unnest(:names, :versions) AS k (name, version)
      ), owners (holder) AS (
        (SELECT o.holder FROM sagas.open AS o WHERE o.holder IS NOT NULL ORDER BY o.holder LIMIT 1)
        UNION ALL
        SELECT (SELECT o.holder
                  FROM sagas.open AS o
                 WHERE o.holder > p.holder
                 ORDER BY o.holder
                 LIMIT 1)
          FROM owners AS p
         WHERE p.holder IS NOT NULL
      ), dead AS (
        SELECT p.holder
          FROM owners AS p
         WHERE p.holder IS NOT NULL
           AND NOT EXISTS (SELECT
                             FROM agents.journal_leases AS j
                            WHERE j.bucket = :leases || p.holder
                              AND j.expires_at > clock_timestamp())
      ), candidates AS (
        SELECT f.saga_id, f.run_number, f.holder, f.due_at
          FROM known AS k
         CROSS JOIN LATERAL (
               SELECT o.saga_id, o.run_number, o.holder, o.due_at
                 FROM sagas.open AS o
                WHERE o.holder IS NULL AND o.name = k.name AND o.version = k.version
                  AND o.due_at <= (SELECT clock_timestamp())
                ORDER BY o.due_at
                LIMIT :candidates) AS f
         UNION ALL
        SELECT f.saga_id, f.run_number, f.holder, f.due_at
          FROM dead AS d
         CROSS JOIN known AS k
         CROSS JOIN LATERAL (
               SELECT o.saga_id, o.run_number, o.holder, o.due_at
                 FROM sagas.open AS o
                WHERE o.holder = d.holder AND o.name = k.name AND o.version = k.version
                ORDER BY o.due_at
                LIMIT :candidates) AS f
      ), taken AS (
        SELECT t.saga_id
          FROM (SELECT saga_id, run_number, holder
                  FROM candidates
                 ORDER BY due_at, saga_id) AS c
         CROSS JOIN LATERAL (
               SELECT o.saga_id
                 FROM sagas.open AS o
                WHERE o.saga_id = c.saga_id AND o.run_number = c.run_number
                  AND o.holder IS NOT DISTINCT FROM c.holder
                  FOR UPDATE SKIP LOCKED) AS t
         LIMIT :limit
      ), claimed AS (
        UPDATE sagas.open AS o
           SET holder = :holder, run_number = o.run_number + 1
         WHERE o.saga_id = ANY (ARRAY(SELECT saga_id FROM taken))
        RETURNING o.*
      )
      """
          + CLAIMED
          + " FROM claimed AS o "
          + JOINED
          + " ORDER BY o.due_at, o.saga_id, l.position";

  private static final String LOAD =
      CLAIMED
          + " FROM sagas.open AS o "
          + JOINED
          + """
           WHERE o.saga_id = :saga AND o.run_number = :run AND o.holder IS NOT NULL
           ORDER BY l.position
          """;

  private static final int SPARE = 100;

  private SagaClaim() {}

  static String sql() {
    return CLAIM;
  }

  static Query bind(Query statement, Claim claim) {
    List<String> names = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    for (Definition definition : claim.definitions()) {
      names.add(definition.name());
      versions.add((long) definition.version());
    }
    return statement
        .bind("names", SqlArray.text(names))
        .bind("versions", SqlArray.bigint(versions))
        .bind("leases", SagaStore.LEASES)
        .bind("holder", claim.holder())
        .bind("limit", claim.limit())
        .bind("candidates", claim.limit() + SPARE);
  }

  static ClaimedRuns claim(Handle handle, Claim claim) {
    return ClaimedRuns.of(bind(handle.createQuery(CLAIM), claim));
  }

  static ClaimedRuns load(Handle handle, Owned owner) {
    return ClaimedRuns.of(
        handle.createQuery(LOAD).bind("saga", owner.saga()).bind("run", owner.run()));
  }
}
