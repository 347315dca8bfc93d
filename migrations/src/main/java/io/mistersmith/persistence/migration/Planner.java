package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the scripts with the history. */
final class Planner {
  private static final Logger LOG = LoggerFactory.getLogger(Planner.class);

  private final List<Migration> scripts;
  private final Set<MigrationVersion> known;

  /**
   * @param scripts in the order of their versions
   */
  Planner(List<Migration> scripts) {
    this.scripts = scripts;
    this.known = scripts.stream().map(Migration::version).collect(Collectors.toSet());
  }

  /**
   * What is left to do.
   *
   * @throws MigrationException when an applied script has changed or is missing, or one was added
   *     below what is applied
   */
  MigrationPlan plan(List<HistoryEntry> history) {
    NavigableMap<MigrationVersion, HistoryEntry> applied = new TreeMap<>();
    history.stream().filter(HistoryEntry::isApplied).forEach(e -> applied.put(e.version(), e));
    checkMissing(applied);
    List<Migration> pending = new ArrayList<>();
    for (Migration script : scripts) {
      HistoryEntry entry = applied.get(script.version());
      if (entry == null) {
        checkNotTooLate(script, applied);
        pending.add(script);
      } else {
        checkUnchanged(script, entry);
      }
    }
    return new MigrationPlan(
        Optional.ofNullable(applied.lastEntry()).map(e -> e.getKey()), pending);
  }

  private static void checkUnchanged(Migration script, HistoryEntry entry) {
    if (!script.checksum().equals(entry.checksum())) {
      throw new MigrationException(
          Kind.CHECKSUM_CHANGED,
          "Script %s was changed after it was applied (SHA-256 %s, applied was %s): take the change"
                  .formatted(script, script.checksum(), entry.checksum())
              + " back and put it into a new version");
    }
  }

  private static void checkNotTooLate(
      Migration script, NavigableMap<MigrationVersion, HistoryEntry> applied) {
    if (!applied.isEmpty() && script.version().compareTo(applied.lastKey()) < 0) {
      throw new MigrationException(
          Kind.HISTORY_MISMATCH,
          "Script %s comes too late: %s is applied already; give it a version above that"
              .formatted(script, applied.lastKey()));
    }
  }

  /** A database may be ahead of this library, as in a rolling upgrade, but not beside it. */
  private void checkMissing(NavigableMap<MigrationVersion, HistoryEntry> applied) {
    for (MigrationVersion version : applied.keySet()) {
      if (known.contains(version)) {
        continue;
      }
      Optional<Migration> last =
          scripts.isEmpty() ? Optional.empty() : Optional.of(scripts.get(scripts.size() - 1));
      if (last.isPresent() && version.compareTo(last.get().version()) < 0) {
        throw new MigrationException(
            Kind.HISTORY_MISMATCH,
            "Version %s is applied, but its script V%s__….sql is missing; put it back"
                .formatted(version, version));
      }
      LOG.warn(
          "The database has version {}, which this release does not know (its last is {}); a newer"
              + " release has migrated it. Upgrade this one soon.",
          version,
          last.map(Migration::version).map(MigrationVersion::toString).orElse("none"));
    }
  }
}
