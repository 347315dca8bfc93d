package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * Runs of sagas as rows of {@code sagas.runs} and {@code sagas.open}, and the rows of their logs.
 */
final class SagaRow {

  /** The columns of a run {@code r}, without its input. */
  static final String RUN =
      "r.saga_id, r.name, r.version, r.correlation_id, r.parent_id, r.started_at";

  /** The columns of a row {@code l} of the log. */
  static final String ENTRY =
      """
      l.position, l.event, l.step, l.attempt, l.run_number AS entry_run, l.data,
             l.reason AS entry_reason, l.at
      """;

  /** A longer time is as good as none, and would be too long for a time of the database. */
  private static final Duration LONGEST = Duration.ofDays(36_525);

  private SagaRow() {}

  /** The text of an enum's constant in PostgreSQL. */
  static String column(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A duration as microseconds, a century at most. */
  static long micros(Duration duration) {
    Duration bounded = duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    return bounded.toNanos() / 1_000;
  }

  /** Reads a run with its input, its state, the time of its end and a reason. */
  static SagaRun run(ResultSet row) throws SQLException {
    UUID id = row.getObject("saga_id", UUID.class);
    return new SagaRun(
        id,
        row.getString("name"),
        row.getInt("version"),
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        JsonColumn.map("saga " + id + ": input in sagas.runs", row.getString("input")),
        row.getString("correlation_id"),
        Optional.ofNullable(row.getObject("parent_id", UUID.class)),
        SqlTime.get(row, "started_at"),
        SqlTime.optional(row, "ended_at"),
        Optional.ofNullable(row.getString("reason")));
  }

  /** Reads a row of the log. */
  static LogEntry entry(UUID saga, ResultSet row) throws SQLException {
    int position = row.getInt("position");
    return new LogEntry(
        position,
        Event.valueOf(row.getString("event").toUpperCase(Locale.ROOT)),
        Optional.ofNullable(row.getString("step")),
        row.getInt("attempt"),
        row.getInt("entry_run"),
        JsonColumn.map(
            "saga " + saga + ": data at position " + position + " of sagas.log",
            row.getString("data")),
        Optional.ofNullable(row.getString("entry_reason")),
        SqlTime.get(row, "at"));
  }
}
