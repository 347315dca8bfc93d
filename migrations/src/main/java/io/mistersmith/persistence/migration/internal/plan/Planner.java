package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the scripts with the history. */
public final class Planner {
  private static final Logger LOG = LoggerFactory.getLogger(Planner.class);

  private final List<Migration> order;
  private final Set<ScriptId> known;
  private final Map<String, MigrationVersion> last = new LinkedHashMap<>();

  public Planner(List<MigrationSet> sets) {
    this.order = ScriptGraph.order(sets);
    this.known = order.stream().map(Migration::id).collect(Collectors.toSet());
    for (MigrationSet set : sets) {
      set.migrations().forEach(m -> last.put(set.name(), m.version()));
    }
  }

  /** All scripts, in the order in which they are to be applied. */
  public List<Migration> order() {
    return order;
  }

  /**
   * Returns the pending versions of the selected sets.
   *
   * @throws MigrationException when an applied script has changed or is missing, or one was added
   *     before what is applied
   */
  public MigrationPlan plan(List<HistoryEntry> history) {
    List<MigrationException> problems = problems(history);
    if (!problems.isEmpty()) {
      throw problems.get(0);
    }
    Map<ScriptId, HistoryEntry> applied = applied(history);
    unknown(history)
        .forEach(
            id ->
                LOG.warn(
                    "The database has version {}, which this release does not know (its last is"
                        + " {}); a newer release has migrated it. Upgrade this one soon.",
                    id,
                    last.get(id.set())));
    return new MigrationPlan(
        highest(applied.keySet()),
        order.stream().filter(script -> !applied.containsKey(script.id())).toList());
  }

  private static Map<ScriptId, HistoryEntry> applied(List<HistoryEntry> history) {
    Map<ScriptId, HistoryEntry> applied = new LinkedHashMap<>();
    history.stream().filter(HistoryEntry::isApplied).forEach(e -> applied.put(e.id(), e));
    return applied;
  }

  /** The versions that are applied and that only a newer release can know. */
  public List<ScriptId> unknown(List<HistoryEntry> history) {
    return applied(history).keySet().stream()
        .filter(id -> last.containsKey(id.set()) && !known.contains(id))
        .toList();
  }

  /** Returns the contradictions between scripts and history. */
  public List<MigrationException> problems(List<HistoryEntry> history) {
    Map<ScriptId, HistoryEntry> applied = applied(history);
    List<MigrationException> problems = new ArrayList<>();
    unknown(history).forEach(id -> checkMissing(id).ifPresent(problems::add));
    List<Migration> pending = new ArrayList<>();
    for (Migration script : order) {
      HistoryEntry entry = applied.get(script.id());
      if (entry == null) {
        pending.add(script);
      } else {
        checkUnchanged(script, entry).ifPresent(problems::add);
        checkInOrder(script, pending).ifPresent(problems::add);
      }
    }
    return problems;
  }

  /**
   * Returns the pending versions up to a target: it, those below it in its set, and those that they
   * depend on.
   *
   * @throws MigrationException when there is no script of that version
   */
  public MigrationPlan plan(List<HistoryEntry> history, Optional<ScriptId> target) {
    MigrationPlan plan = plan(history);
    return target.isEmpty()
        ? plan
        : new MigrationPlan(plan.current(), upTo(target.get(), plan.pending()));
  }

  private List<Migration> upTo(ScriptId target, List<Migration> pending) {
    if (!known.contains(target)) {
      throw new MigrationException(
          Kind.UNKNOWN_VERSION,
          "There is no script of version "
              + target
              + "; info lists those there are (a version of another set is written 'set version')");
    }
    Set<ScriptId> needed = new HashSet<>();
    for (int i = order.size() - 1; i >= 0; i--) {
      Migration script = order.get(i);
      boolean below =
          script.set().equals(target.set()) && script.version().compareTo(target.version()) <= 0;
      if (below || needed.contains(script.id())) {
        needed.add(script.id());
        needed.addAll(script.dependsOn());
      }
    }
    return pending.stream().filter(script -> needed.contains(script.id())).toList();
  }

  /** The highest version of the core set that is applied. */
  public static Optional<MigrationVersion> current(List<HistoryEntry> history) {
    return highest(applied(history).keySet());
  }

  private static Optional<MigrationVersion> highest(Set<ScriptId> applied) {
    return applied.stream()
        .filter(ScriptId::isCore)
        .map(ScriptId::version)
        .max(Comparator.naturalOrder());
  }

  private static Optional<MigrationException> checkUnchanged(Migration script, HistoryEntry entry) {
    return script.checksum().equals(entry.checksum())
        ? Optional.empty()
        : Optional.of(
            new MigrationException(
                Kind.CHECKSUM_CHANGED,
                "Script %s was changed after it was applied (SHA-256 %s, applied was %s): take the"
                        .formatted(script, script.checksum(), entry.checksum())
                    + " change back and put it into a new version"));
  }

  private static Optional<MigrationException> checkInOrder(
      Migration applied, List<Migration> pending) {
    return pending.stream()
        .filter(
            script ->
                script.set().equals(applied.set()) || applied.dependsOn().contains(script.id()))
        .findFirst()
        .map(
            script ->
                new MigrationException(
                    Kind.HISTORY_MISMATCH,
                    "Script %s comes too late: %s is applied already; give it a version above that"
                        .formatted(script, applied.id())));
  }

  /** A database may be ahead of this library, as in a rolling upgrade, but not beside it. */
  private Optional<MigrationException> checkMissing(ScriptId id) {
    MigrationVersion lastOfSet = last.get(id.set());
    return lastOfSet != null && id.version().compareTo(lastOfSet) < 0
        ? Optional.of(
            new MigrationException(
                Kind.HISTORY_MISMATCH,
                "Version %s is applied, but its script V%s__….sql is missing; put it back"
                    .formatted(id, id.version())))
        : Optional.empty();
  }
}
