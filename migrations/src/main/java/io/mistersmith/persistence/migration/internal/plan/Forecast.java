package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.lint.ScriptAnalysis;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Back;
import io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.PlannedMigration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Predicts locks, risk and duration of pending scripts. */
public final class Forecast {
  private final List<Migration> order;
  private final Map<ScriptId, Duration> took = new HashMap<>();

  public Forecast(List<Migration> order, List<HistoryEntry> history) {
    this.order = order;
    history.forEach(entry -> entry.took().ifPresent(duration -> took.put(entry.id(), duration)));
  }

  public List<PlannedMigration> of(List<Migration> pending) {
    Map<Migration.Kind, Duration> medians = medians();
    List<ScriptAnalysis> earlier = new ArrayList<>();
    List<PlannedMigration> planned = new ArrayList<>();
    for (Migration script : order) {
      ScriptAnalysis analysis = analyse(script, earlier);
      earlier.add(analysis);
      if (pending.contains(script)) {
        Optional<Duration> estimate =
            Optional.ofNullable(took.get(script.id()))
                .or(() -> Optional.ofNullable(medians.get(script.kind())));
        planned.add(
            new PlannedMigration(
                script, analysis.lockLabels(), analysis.risk(), analysis.findings(), estimate));
      }
    }
    return planned;
  }

  /** Returns the findings in all scripts, forward and back. */
  public List<Finding> lint() {
    List<ScriptAnalysis> earlier = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    for (Migration script : order) {
      ScriptAnalysis analysis = analyse(script, earlier);
      earlier.add(analysis);
      findings.addAll(analysis.findings());
      script
          .rollbackSql()
          .ifPresent(
              sql -> {
                Back back = Back.of(script.id(), script.name(), sql);
                findings.addAll(ScriptAnalysis.of(back.file(), sql, earlier).findings());
              });
    }
    return findings;
  }

  private static ScriptAnalysis analyse(Migration script, List<ScriptAnalysis> earlier) {
    try {
      return ScriptAnalysis.of(script.toString(), script.sql(), earlier);
    } catch (ScriptSyntaxException e) {
      throw new MigrationException(Kind.INVALID_SCRIPT, "Script " + e.getMessage(), e);
    }
  }

  private Map<Migration.Kind, Duration> medians() {
    Map<Migration.Kind, List<Duration>> byKind = new EnumMap<>(Migration.Kind.class);
    for (Migration script : order) {
      Duration duration = took.get(script.id());
      if (duration != null) {
        byKind.computeIfAbsent(script.kind(), kind -> new ArrayList<>()).add(duration);
      }
    }
    Map<Migration.Kind, Duration> medians = new EnumMap<>(Migration.Kind.class);
    byKind.forEach(
        (kind, durations) ->
            medians.put(kind, durations.stream().sorted().toList().get(durations.size() / 2)));
    return medians;
  }
}
