package io.mistersmith.persistence.migration.internal.verify;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.internal.history.MigrationTables;
import io.mistersmith.persistence.migration.internal.history.ValidationResults;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.run.MigrationContext;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.ValidationReport;
import io.mistersmith.persistence.migration.report.ValidationReport.Check;
import io.mistersmith.persistence.migration.report.ValidationReport.Result;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares history, scripts and catalog, and keeps the results in migrations.validation_results.
 */
public final class Validation {
  private static final String PENDING = "nothing is pending";

  private static final String INVALID_INDEXES =
      """
      SELECT i.indexrelid::regclass::text
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
       WHERE NOT i.indisvalid
         AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p
                          WHERE p.index_relid = i.indexrelid)
       ORDER BY 1
      """;

  private static final String UNVALIDATED_CONSTRAINTS =
      """
      SELECT quote_ident(conname) || ' of ' || conrelid::regclass::text
        FROM pg_constraint
       WHERE NOT convalidated AND conrelid <> 0
       ORDER BY 1
      """;

  private static final String ADVICE_EXISTS =
      "SELECT to_regprocedure('monitoring.setting_advice()') IS NOT NULL";

  private static final String ADVICE =
      """
      SELECT format('setting %s is %s, recommended is %s: %s', setting, current_value,
                    recommended_value, reason)
        FROM monitoring.setting_advice()
       WHERE NOT satisfied
       ORDER BY setting
      """;

  private final MigrationContext context;
  private final Planner planner;
  private final List<Check> checks = new ArrayList<>();

  public Validation(MigrationContext context, Planner planner) {
    this.context = context;
    this.planner = planner;
  }

  public ValidationReport run() {
    long start = System.nanoTime();
    try {
      return context
          .transaction()
          .run(
              connection -> {
                List<HistoryEntry> history = context.history().read(connection);
                checkHistory(history);
                checkCatalog(connection);
                if (MigrationTables.exist(connection)) {
                  record(connection, history, Duration.ofNanos(System.nanoTime() - start));
                }
                return new ValidationReport(checks);
              });
    } catch (SQLException e) {
      throw SqlStates.failure("Could not validate the database", e);
    }
  }

  private void checkHistory(List<HistoryEntry> history) {
    add(
        "scripts and history fit together",
        Result.FAILED,
        planner.problems(history).stream().map(Throwable::getMessage).toList());
    add(
        "no migration was left half-way",
        Result.FAILED,
        history.stream()
            .filter(e -> !e.isApplied() && e.status() != Status.ROLLED_BACK)
            .map(
                e ->
                    "version %s is %s%s; apply again, or roll it back"
                        .formatted(
                            e.id(),
                            e.status().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                            e.error().map(error -> " (" + error + ")").orElse("")))
            .toList());
    List<ScriptId> applied =
        history.stream().filter(HistoryEntry::isApplied).map(HistoryEntry::id).toList();
    add(
        PENDING,
        Result.ADVICE,
        planner.order().stream()
            .filter(script -> !applied.contains(script.id()))
            .map(script -> script + " is pending; apply it")
            .toList());
    add(
        "every version is known",
        Result.ADVICE,
        planner.unknown(history).stream()
            .map(id -> "version " + id + " was applied by a newer release; upgrade this one")
            .toList());
  }

  private void checkCatalog(Connection connection) throws SQLException {
    add(
        "every index is valid",
        Result.FAILED,
        read(connection, INVALID_INDEXES).stream()
            .map(
                index ->
                    "index %s is invalid: REINDEX INDEX CONCURRENTLY %s, or drop it"
                        .formatted(index, index))
            .toList());
    add(
        "every constraint is validated",
        Result.ADVICE,
        read(connection, UNVALIDATED_CONSTRAINTS).stream()
            .map(name -> "constraint " + name + " is not validated: ALTER TABLE … VALIDATE it")
            .toList());
    if (read(connection, ADVICE_EXISTS).contains("t")) {
      add("settings are as recommended", Result.ADVICE, read(connection, ADVICE));
    }
  }

  private void add(String name, Result ifFound, List<String> found) {
    if (found.isEmpty()) {
      checks.add(new Check(name, Result.PASSED, ""));
    }
    found.forEach(message -> checks.add(new Check(name, ifFound, message)));
  }

  private static List<String> read(Connection connection, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  private void record(Connection connection, List<HistoryEntry> history, Duration took)
      throws SQLException {
    ScriptId current =
        new ScriptId(ScriptId.CORE, Planner.current(history).orElse(MigrationVersion.NONE));
    for (Check check : checks) {
      ValidationResults.record(
          connection,
          current,
          check.name(),
          check.name().equals(PENDING) ? ValidationResults.Type.PRE : ValidationResults.Type.POST,
          check.result() != Result.FAILED,
          check.message(),
          took);
    }
  }
}
