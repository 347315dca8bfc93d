package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.RowChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The saga of the soak, which has a step of each kind but a nested saga. The last step refuses the
 * runs that were started so, and then all is undone. The participant of the call is a table: it
 * keeps the key of each call and refuses one that was undone before.
 */
final class Trips {

  static final String NAME = "soak";

  /** In a run's input: whether its last step refuses it. */
  static final String REFUSED = "refused";

  static final StateType<String> NOTES = StateType.of("trip", String.class);
  static final AgentId OWNER = AgentId.external("trips");

  static final String TABLES =
      """
      CREATE SCHEMA trips;
      CREATE TABLE trips.booked (saga TEXT PRIMARY KEY);
      CREATE TABLE trips.seats (saga TEXT PRIMARY KEY);
      CREATE TABLE trips.calls
        (saga TEXT NOT NULL, key TEXT PRIMARY KEY, undone BOOLEAN NOT NULL);
      CREATE TABLE trips.ended (saga TEXT PRIMARY KEY);
      """;

  /** How many steps of a run have left rows, of those that do. */
  static final int ROWS = 4;

  /** The runs of which there are rows, and how many. */
  static final String EFFECTS =
      """
      SELECT saga, count(*)
        FROM (SELECT saga FROM trips.booked
              UNION ALL SELECT saga FROM trips.seats
              UNION ALL SELECT saga FROM trips.calls WHERE NOT undone
              UNION ALL SELECT saga FROM trips.ended) AS effects
       GROUP BY saga
      """;

  private static final String CALL =
      """
      INSERT INTO trips.calls (saga, key, undone) VALUES (:saga, :key, FALSE)
          ON CONFLICT (key) DO UPDATE SET key = excluded.key
       RETURNING undone
      """;

  private static final String UNDO =
      """
      INSERT INTO trips.calls (saga, key, undone) VALUES (:saga, :key, TRUE)
          ON CONFLICT (key) DO UPDATE SET undone = TRUE
       RETURNING undone
      """;

  private static final int ATTEMPTS = 10_000;

  private final Persistence persistence;

  private Trips(Persistence persistence) {
    this.persistence = persistence;
  }

  /** Starts a runner of this runtime. */
  static SagaRunner runner(Persistence persistence) {
    return persistence.sagas().startRunner(SagaRunner.Options.of(2), List.of(saga(persistence)));
  }

  /** Returns the saga, whose calls go through this runtime. */
  static Saga saga(Persistence persistence) {
    Trips trips = new Trips(persistence);
    return Saga.builder(NAME, 1)
        .step(
            SagaStep.inTransaction(
                    "book",
                    (context, tx) -> change(context, tx, "INSERT INTO trips.booked VALUES (:saga)"))
                .compensatedInTransaction(
                    (context, tx) ->
                        change(context, tx, "DELETE FROM trips.booked WHERE saga = :saga")))
        .step(
            SagaStep.entry("note", context -> EntryChange.put(NOTES, OWNER, id(context), "noted")))
        .step(
            SagaStep.row(
                "seat", context -> RowChange.insert("trips.seats", Map.of("saga", id(context)))))
        .step(
            SagaStep.call("call", trips::call)
                .compensatedByCall(trips::undo)
                .withAttempts(ATTEMPTS)
                .withPause(Duration.ofMillis(20)))
        .step(
            SagaStep.inTransaction(
                "end",
                (context, tx) -> {
                  if (Boolean.TRUE.equals(context.input().get(REFUSED))) {
                    throw new StepRefusedException("the soak has it undone");
                  }
                  return change(context, tx, "INSERT INTO trips.ended VALUES (:saga)");
                }))
        .build();
  }

  private static String id(SagaContext context) {
    return context.saga().toString();
  }

  private static Map<String, Object> change(SagaContext context, Transaction tx, String sql) {
    return Map.of("rows", tx.update(sql, Map.of("saga", id(context))));
  }

  /** The caller's code makes trouble before it calls, or after. */
  private Map<String, Object> call(SagaContext context) {
    FaultyCallbacks.makeTrouble();
    if (isUndone(context, CALL)) {
      throw new StepRefusedException("the call comes after its compensation");
    }
    FaultyCallbacks.makeTrouble();
    return Map.of();
  }

  private Map<String, Object> undo(SagaContext context) {
    FaultyCallbacks.makeTrouble();
    return Map.of("undone", isUndone(context, UNDO));
  }

  private boolean isUndone(SagaContext context, String sql) {
    return persistence
        .transactions()
        .run(
            TransactionOptions.of(Boundary.SINGLE_OPERATION, "call the participant of a saga"),
            tx ->
                tx.query(
                        sql,
                        Map.of("saga", id(context), "key", context.actionKey()),
                        row -> row.get("undone", Boolean.class))
                    .get(0));
  }
}
