package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Appends rows to a run's log and changes the run, in one statement that does nothing unless the
 * run still has its owner. An append that leaves the run as it is only reads {@code sagas.open}: it
 * locks nothing that a claim or a caller waits for, should its transaction last.
 */
final class SagaAppend {

  private static final String FENCE =
      " WHERE saga_id = :saga AND run_number = :run AND holder IS NOT NULL";

  private static final String OWNED = "saga_id, run_number, parent_id, cancel_reason";

  private static final String GO_ON = "SELECT " + OWNED + " FROM sagas.open" + FENCE;

  private static final String COMPENSATE =
      update(
          """
          state = 'compensating', compensation_reason = coalesce(:reason, compensation_reason),
                deadline = clock_timestamp() + :time * INTERVAL '1 microsecond'
          """);

  private static final String REST =
      update("holder = NULL, due_at = clock_timestamp() + :time * INTERVAL '1 microsecond'");

  /** A run may stop with the append that has it compensated. */
  private static final String STOP =
      update(
          """
          holder = NULL, due_at = NULL, stopped = :stopped, stop_reason = :stop,
                state = CASE WHEN :reason IS NULL THEN state ELSE 'compensating' END,
                compensation_reason = coalesce(:reason, compensation_reason)
          """);

  private static final String END = "DELETE FROM sagas.open" + FENCE + " RETURNING " + OWNED;

  private static final String APPEND =
      """
      WITH owned AS (%s
      ), appended AS (
        INSERT INTO sagas.log
               (saga_id, position, run_number, event, step, attempt, data, reason)
        SELECT o.saga_id, :position + e.place - 1, o.run_number, e.event, e.step, e.attempt,
               e.data::jsonb, e.reason
          FROM owned AS o,
               unnest(:events, :steps, :attempts, :data, :reasons) WITH ORDINALITY
                 AS e (event, step, attempt, data, reason, place)
      )%s
      SELECT cancel_reason FROM owned
      """;

  /**
   * Makes the run due that a run {@code owned}, which has ended, is nested in. It is due soon
   * anyway, so it is left alone where another transaction has locked it.
   */
  static final String WAKE_PARENT =
      """
      , woken AS (
        UPDATE sagas.open
           SET due_at = least(due_at, clock_timestamp())
         WHERE saga_id IN (SELECT p.saga_id
                             FROM owned AS o
                             JOIN sagas.open AS p ON p.saga_id = o.parent_id
                            WHERE p.holder IS NULL AND p.due_at IS NOT NULL
                              FOR UPDATE OF p SKIP LOCKED)
      )
      """;

  private final Owned owner;
  private final int position;
  private final List<NewEntry> entries;
  private final Then then;
  private final String what;

  SagaAppend(Owned owner, int position, List<NewEntry> entries, Then then) {
    this.owner = owner;
    this.position = position;
    this.entries = entries;
    this.then = then;
    this.what = "append to the log of saga " + owner.saga() + " in its run " + owner.run();
    if (then instanceof Then.End end && !isEnd(end)) {
      throw new IllegalArgumentException(
          what + ": the last row of a run that ends is ENDED and names the state " + end.state());
    }
  }

  private boolean isEnd(Then.End end) {
    if (entries.isEmpty()) {
      return false;
    }
    NewEntry last = entries.get(entries.size() - 1);
    return last.event() == Event.ENDED && end.state().name().equals(last.data().get("state"));
  }

  private static String update(String columns) {
    return "UPDATE sagas.open SET " + columns + FENCE + " RETURNING " + OWNED;
  }

  /** Returns why the run is to be compensated, if that was asked for. */
  Optional<String> run(Statements statements) {
    return statements.write(what, this::append);
  }

  /** Runs a statement that appends, and tells when another row has a position of its rows. */
  static <T> T appending(String what, Supplier<T> statement) {
    try {
      return statement.get();
    } catch (RuntimeException e) {
      if (PostgresFailures.constraint(e).equals("log_pkey")) {
        throw new TransientPersistenceException(
            DataError.VERSION_CONFLICT,
            what + ": another row was appended meanwhile; nothing was changed, read the log again",
            PostgresFailures.of(what, e));
      }
      throw e;
    }
  }

  private Optional<String> append(Handle handle) {
    List<Optional<String>> owned =
        appending(
            what,
            () ->
                statement(handle)
                    .map((row, context) -> Optional.ofNullable(row.getString(1)))
                    .list());
    if (owned.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.LEASE_LOST,
          what + ": the run has ended, or has another owner or none; nothing was appended");
    }
    return owned.get(0);
  }

  private Query statement(Handle handle) {
    if (then instanceof Then.Compensate compensate) {
      return timed(handle, COMPENSATE, compensate.time()).bind("reason", compensationReason());
    } else if (then instanceof Then.Rest rest) {
      return timed(handle, REST, rest.pause());
    } else if (then instanceof Then.Stop stop) {
      return query(handle, STOP, "")
          .bind("stopped", SagaRow.column(stop.state()))
          .bind("stop", SqlText.storable(stop.reason()))
          .bind("reason", compensationReason());
    } else if (then instanceof Then.End) {
      return query(handle, END, WAKE_PARENT);
    }
    return query(handle, GO_ON, "");
  }

  private @Nullable String compensationReason() {
    return entries.stream()
        .filter(entry -> entry.event() == Event.COMPENSATING)
        .findFirst()
        .flatMap(NewEntry::reason)
        .map(SqlText::storable)
        .orElse(null);
  }

  private Query timed(Handle handle, String change, Duration time) {
    return query(handle, change, "").bind("time", SagaRow.micros(time));
  }

  private Query query(Handle handle, String change, String more) {
    return handle
        .createQuery(APPEND.formatted(change, more))
        .bind("saga", owner.saga())
        .bind("run", owner.run())
        .bind("position", position)
        .bind("events", text(entry -> SagaRow.column(entry.event())))
        .bind("steps", text(entry -> entry.step().orElse(null)))
        .bind(
            "attempts",
            SqlArray.bigint(entries.stream().map(entry -> (long) entry.attempt()).toList()))
        .bind("data", text(entry -> JsonColumn.text(what, entry.data())))
        .bind("reasons", text(entry -> entry.reason().map(SqlText::storable).orElse(null)));
  }

  private SqlArray text(Function<NewEntry, @Nullable String> column) {
    List<@Nullable String> values = new ArrayList<>(entries.size());
    entries.forEach(entry -> values.add(column.apply(entry)));
    return SqlArray.text(values);
  }
}
