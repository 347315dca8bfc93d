package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.online.ProgressListener.Progress;
import io.mistersmith.persistence.migration.online.ShadowTable.Differences;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The functions of schema migrations that restructure one table. For one call of its owner. */
final class ShadowCalls {
  private static final Logger LOG = LoggerFactory.getLogger(ShadowCalls.class);
  private static final Duration STEP_LIMIT = Duration.ofSeconds(1);
  private static final int VERIFY_ROWS = 5_000;

  private static final String START =
      """
      SELECT migrations.restructure_table_shadow(
               ?::regclass, ?,
               pg_catalog.jsonb_object(?::text[], ?::text[]),
               pg_catalog.jsonb_object(?::text[], ?::text[]),
               pg_catalog.make_interval(secs => ?), 1)
      """;

  private static final String FIND =
      """
      SELECT c.change_id FROM migrations.online_changes c
       WHERE c.kind = 'shadow' AND c.finished_at IS NULL
         AND pg_catalog.to_regclass(?) IN (c.source_table, c.shadow_table)
      """;

  private static final String STATE =
      "SELECT c.state FROM migrations.online_changes c WHERE c.change_id = ?";

  private static final String VERIFY =
      """
      SELECT v.rows_seen, v.rows_in_shadow, v.differences, v.done,
             ARRAY(SELECT e::text FROM pg_catalog.jsonb_array_elements(v.examples) e)
        FROM migrations.shadow_verify_batch(?, ?) AS v
      """;

  static final String CUT_OVER =
      "SELECT migrations.shadow_cut_over(?, pg_catalog.make_interval(secs => ?), 1)";

  static final String CUT_BACK =
      "SELECT migrations.shadow_cut_back(?, pg_catalog.make_interval(secs => ?), 1)";

  static final String ABANDON =
      "SELECT migrations.shadow_abandon(?, pg_catalog.make_interval(secs => ?), 1)";

  private static final String FINISH =
      "SELECT migrations.shadow_finish(?, pg_catalog.make_interval(secs => ?), 1)";

  private final Steps steps;
  private final ChangeNotes notes;
  private final String table;
  private final double lockSeconds;
  private final String what;

  ShadowCalls(Steps steps, String table, Duration lockTimeout) {
    this.steps = steps;
    this.notes = new ChangeNotes(steps);
    this.table = table;
    this.lockSeconds = lockTimeout.toMillis() / 1000.0;
    this.what = "Restructuring table " + table;
  }

  Steps steps() {
    return steps;
  }

  UUID start(
      @Nullable String definition,
      Map<String, String> forward,
      Optional<Map<String, String>> reverse) {
    return steps.run(
        what,
        STEP_LIMIT,
        () -> {},
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(START)) {
            statement.setString(1, table);
            statement.setString(2, definition);
            setPairs(connection, statement, 3, forward);
            if (reverse.isPresent()) {
              setPairs(connection, statement, 5, reverse.get());
            } else {
              statement.setArray(5, null);
              statement.setArray(6, null);
            }
            statement.setDouble(7, lockSeconds);
            return first(statement).map(row -> UUID.fromString(row)).orElseThrow();
          }
        });
  }

  /** Does something with the change that is in progress, and notes there what it failed of. */
  <T> T noting(Function<UUID, T> work) {
    UUID change =
        steps
            .run(what, STEP_LIMIT, () -> {}, connection -> query(connection, FIND, table))
            .map(UUID::fromString)
            .orElseThrow(
                () ->
                    new MigrationException(
                        Kind.WRONG_STATE, what + " is not in progress: start() it first", null));
    try {
      return work.apply(change);
    } catch (MigrationException e) {
      notes.failed(change, e);
      throw e;
    }
  }

  String state(UUID change) {
    return steps
        .run(what, STEP_LIMIT, () -> {}, connection -> query(connection, STATE, change))
        .orElseThrow();
  }

  /** Does one of the steps that are done in one go, and waits until it is on disk. */
  void step(String sql) {
    UUID done =
        noting(
            change -> {
              call(sql, change);
              notes.waitForDisk(change);
              return change;
            });
    LOG.info("{} went on by online change {}", what, done);
  }

  void finish() {
    UUID done =
        noting(
            change -> {
              while (!call(FINISH, change).equals("done")) {
                LOG.debug("{}: the old table is no longer kept in step", what);
              }
              notes.waitForDisk(change);
              return change;
            });
    LOG.info("{} is done by online change {}", what, done);
  }

  Differences verify(UUID change, Pacing pacing, ProgressListener listener) {
    long rows = 0;
    long rowsInShadow = 0;
    long differences = 0;
    List<String> examples = new ArrayList<>();
    while (true) {
      long start = System.nanoTime();
      Range range = steps.run(what, Steps.UNLIMITED, () -> {}, c -> range(c, change));
      rows += range.rows;
      rowsInShadow += range.rowsInShadow;
      differences += range.differences;
      examples.addAll(range.examples);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      listener.batchDone(new Progress(change, table, "verify", rows, 0, VERIFY_ROWS, took));
      if (range.done) {
        return new Differences(change, rows, rowsInShadow, differences, examples);
      }
      steps.pauseBetweenBatches(what);
    }
  }

  private record Range(
      long rows, long rowsInShadow, long differences, boolean done, List<String> examples) {}

  private static Range range(Connection connection, UUID change) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(VERIFY)) {
      statement.setObject(1, change);
      statement.setInt(2, VERIFY_ROWS);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Range(
            row.getLong(1),
            row.getLong(2),
            row.getLong(3),
            row.getBoolean(4),
            List.of((String[]) row.getArray(5).getArray()));
      }
    }
  }

  private String call(String sql, UUID change) {
    return steps.run(
        what,
        STEP_LIMIT,
        () -> {},
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, change);
            statement.setDouble(2, lockSeconds);
            return first(statement).orElse("");
          }
        });
  }

  private static Optional<String> query(Connection connection, String sql, Object parameter)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, parameter);
      return first(statement);
    }
  }

  private static Optional<String> first(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
    }
  }

  private static void setPairs(
      Connection connection, PreparedStatement statement, int index, Map<String, String> pairs)
      throws SQLException {
    List<String> names = List.copyOf(pairs.keySet());
    statement.setArray(index, connection.createArrayOf("text", names.toArray()));
    statement.setArray(
        index + 1,
        connection.createArrayOf(
            "text",
            IntStream.range(0, names.size()).mapToObj(i -> pairs.get(names.get(i))).toArray()));
  }
}
