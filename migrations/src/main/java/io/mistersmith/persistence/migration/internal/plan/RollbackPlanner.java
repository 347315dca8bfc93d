package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Back;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Chooses the versions to take back, and their order: none before those that depend on it. Refuses
 * all, before anything is done, if a rollback script is missing or another version depends on one.
 */
public final class RollbackPlanner {
  private final Map<ScriptId, Migration> scripts = new LinkedHashMap<>();
  private final List<HistoryEntry> present;

  public RollbackPlanner(List<Migration> order, List<HistoryEntry> history) {
    order.forEach(script -> scripts.put(script.id(), script));
    this.present =
        history.stream()
            .filter(e -> e.isApplied() || e.status() == Status.ROLLING_BACK)
            .sorted(Comparator.comparing(RollbackPlanner::appliedAt).reversed())
            .toList();
  }

  private static Instant appliedAt(HistoryEntry entry) {
    return entry.appliedAt().orElse(Instant.EPOCH);
  }

  /** Everything of the target's set that is above it. */
  public List<Back> downTo(ScriptId target) {
    boolean known = present.stream().anyMatch(e -> e.id().equals(target));
    if (!known && !target.version().equals(MigrationVersion.NONE)) {
      throw new MigrationException(
          Kind.HISTORY_MISMATCH,
          "Version %s is not applied, so nothing leads back to it; use one of %s, or %s for the"
                  .formatted(target, versions(target.set()), MigrationVersion.NONE)
              + " empty database");
    }
    return back(
        present.stream()
            .filter(e -> e.id().set().equals(target.set()))
            .filter(e -> e.version().compareTo(target.version()) > 0)
            .toList());
  }

  private List<MigrationVersion> versions(String set) {
    return present.stream()
        .filter(e -> e.id().set().equals(set))
        .map(HistoryEntry::version)
        .sorted()
        .toList();
  }

  /** Returns the version that was applied last. */
  public List<Back> last() {
    return back(present.stream().limit(1).toList());
  }

  private List<Back> back(List<HistoryEntry> chosen) {
    Set<ScriptId> ids = chosen.stream().map(HistoryEntry::id).collect(Collectors.toSet());
    for (HistoryEntry entry : present) {
      Optional<ScriptId> needed = entry.dependsOn().stream().filter(ids::contains).findFirst();
      if (needed.isPresent() && !ids.contains(entry.id())) {
        throw new MigrationException(
            Kind.HISTORY_MISMATCH,
            "Version %s cannot be taken back while %s depends on it: take that one back first (set"
                    .formatted(needed.get(), entry.id())
                + " "
                + entry.id().set()
                + ")");
      }
    }
    chosen.forEach(this::checkUnchanged);
    List<HistoryEntry> without = chosen.stream().filter(e -> sql(e).isEmpty()).toList();
    if (!without.isEmpty()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "There is no way back from "
              + without.stream().map(e -> e.id().toString()).collect(Collectors.joining(", "))
              + ", and nothing was done: add the script U"
              + without.get(0).version()
              + "__….sql, or choose a later version");
    }
    return order(chosen).stream()
        .map(e -> Back.of(e.id(), e.name(), sql(e).orElseThrow()))
        .toList();
  }

  private void checkUnchanged(HistoryEntry entry) {
    Migration script = scripts.get(entry.id());
    if (script != null && !script.checksum().equals(entry.checksum())) {
      throw new MigrationException(
          Kind.CHECKSUM_CHANGED,
          "Script %s was changed after it was applied, so its way back may not fit: put back the"
                  .formatted(script)
              + " script that was applied");
    }
  }

  /** The release's script, else, of a version that it does not know, the one in the history. */
  private Optional<String> sql(HistoryEntry entry) {
    Migration script = scripts.get(entry.id());
    return script == null ? entry.rollbackSql() : script.rollbackSql();
  }

  /** The latest first, unless what depends on it is still to come. */
  private static List<HistoryEntry> order(List<HistoryEntry> chosen) {
    List<HistoryEntry> left = new ArrayList<>(chosen);
    List<HistoryEntry> order = new ArrayList<>();
    while (!left.isEmpty()) {
      HistoryEntry next =
          left.stream()
              .filter(e -> left.stream().noneMatch(o -> o.dependsOn().contains(e.id())))
              .findFirst()
              .orElse(left.get(0));
      left.remove(next);
      order.add(next);
    }
    return order;
  }
}
