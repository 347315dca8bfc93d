package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;

/**
 * Claimed runs with their logs. One that cannot be read, which SQL may have added, is kept apart,
 * so that it holds up no other.
 *
 * @param readable the runs
 * @param unreadable the others
 */
record ClaimedRuns(List<Claimed> readable, List<ClaimedRuns.Unreadable> unreadable) {

  /**
   * A run that cannot be read.
   *
   * @param owner its owner
   * @param compensating whether its steps are being undone
   * @param last the position of the last row of its log, 0 without any
   * @param failure why
   */
  record Unreadable(Owned owner, boolean compensating, int last, PersistenceException failure) {}

  /** Reads runs; the rows of one follow each other, in the order of its log. */
  static ClaimedRuns of(Query query) {
    return query.scanResultSet(
        (rows, context) -> {
          Reading reading = new Reading();
          ResultSet row = rows.get();
          while (row.next()) {
            reading.add(row);
          }
          return reading.result();
        });
  }

  private static final class Reading {

    private final List<Run> runs = new ArrayList<>();

    void add(ResultSet row) throws SQLException {
      UUID saga = row.getObject("saga_id", UUID.class);
      if (runs.isEmpty() || !runs.get(runs.size() - 1).owner.saga().equals(saga)) {
        runs.add(new Run(row, saga));
      }
      runs.get(runs.size() - 1).add(row);
    }

    ClaimedRuns result() {
      List<Claimed> readable = new ArrayList<>();
      List<Unreadable> unreadable = new ArrayList<>();
      for (Run run : runs) {
        if (run.failure.isPresent()) {
          unreadable.add(new Unreadable(run.owner, run.compensating, run.last, run.failure.get()));
        } else {
          readable.add(run.claimed());
        }
      }
      return new ClaimedRuns(readable, unreadable);
    }
  }

  private static final class Run {

    private final Owned owner;
    private final boolean compensating;
    private final Duration left;
    private final Optional<String> cancelled;
    private final List<LogEntry> log = new ArrayList<>();
    private Optional<SagaRun> run = Optional.empty();
    private List<String> steps = List.of();
    private Optional<PersistenceException> failure = Optional.empty();
    private int last;

    Run(ResultSet row, UUID saga) throws SQLException {
      this.owner = new Owned(saga, row.getInt("run_number"));
      this.compensating = row.getString("state").equals("compensating");
      this.left = Duration.of(row.getLong("left_micros"), ChronoUnit.MICROS);
      this.cancelled = Optional.ofNullable(row.getString("cancel_reason"));
    }

    void add(ResultSet row) throws SQLException {
      int before = last;
      last = row.getInt("position");
      boolean hasEntry = !row.wasNull();
      if (failure.isPresent()) {
        return;
      }
      try {
        if (hasEntry && last != before + 1) {
          throw new NonTransientPersistenceException(
              DataError.CONSISTENCY_VIOLATION,
              "saga " + owner.saga() + ": its log has no row " + (before + 1));
        }
        if (run.isEmpty()) {
          run = Optional.of(SagaRow.run(row));
          steps = List.of((String[]) row.getArray("steps").getArray());
        }
        if (hasEntry) {
          log.add(SagaRow.entry(owner.saga(), row));
        }
      } catch (RuntimeException e) {
        failure = Optional.of(PostgresFailures.of("read saga " + owner.saga(), e));
      }
    }

    Claimed claimed() {
      return new Claimed(owner, run.orElseThrow(), steps, log, left, cancelled);
    }
  }
}
