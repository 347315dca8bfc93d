package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.migration.ScriptTask.Back;
import io.mistersmith.persistence.migration.lint.Finding;
import io.mistersmith.persistence.migration.lint.ScriptAnalysis;
import io.mistersmith.persistence.migration.sql.ScriptSyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Says what pending scripts will lock, risk and take. */
final class Forecast {
  private final List<Migration> order;
  private final Map<ScriptId, Duration> took = new HashMap<>();

  Forecast(List<Migration> order, List<HistoryEntry> history) {
    this.order = order;
    history.forEach(entry -> entry.took().ifPresent(duration -> took.put(entry.id(), duration)));
  }

  List<PlannedMigration> of(List<Migration> pending) {
    Map<MigrationKind, Duration> medians = medians();
    List<ScriptAnalysis> earlier = new ArrayList<>();
    List<PlannedMigration> planned = new ArrayList<>();
    for (Migration script : order) {
      ScriptAnalysis analysis = analyse(script, earlier);
      earlier.add(analysis);
      if (pending.contains(script)) {
        Optional<Duration> estimate =
            Optional.ofNullable(took.get(script.id()))
                .or(() -> Optional.ofNullable(medians.get(script.kind())));
        planned.add(new PlannedMigration(script, analysis, estimate));
      }
    }
    return planned;
  }

  /** What the rules speak against in all scripts, forward and back. */
  List<Finding> lint() {
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

  private Map<MigrationKind, Duration> medians() {
    Map<MigrationKind, List<Duration>> byKind = new EnumMap<>(MigrationKind.class);
    for (Migration script : order) {
      Duration duration = took.get(script.id());
      if (duration != null) {
        byKind.computeIfAbsent(script.kind(), kind -> new ArrayList<>()).add(duration);
      }
    }
    Map<MigrationKind, Duration> medians = new EnumMap<>(MigrationKind.class);
    byKind.forEach(
        (kind, durations) ->
            medians.put(kind, durations.stream().sorted().toList().get(durations.size() / 2)));
    return medians;
  }
}
