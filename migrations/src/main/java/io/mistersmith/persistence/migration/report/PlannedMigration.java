package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.Migration;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A pending version, and what applying it means for those who use the database. Immutable.
 *
 * @param migration the version
 * @param locks the strongest lock that its script takes on each relation that it did not create, by
 *     the relation's qualified name; written as in PostgreSQL's documentation, such as {@code SHARE
 *     ROW EXCLUSIVE}
 * @param risk what the script may do to other sessions while it runs
 * @param findings the lint findings, without those that the script exempts itself from
 * @param estimate how long it may take: what it took when it was applied before, else the median of
 *     its kind on this database; empty where the history has neither
 */
public record PlannedMigration(
    Migration migration,
    Map<String, String> locks,
    Risk risk,
    List<Finding> findings,
    Optional<Duration> estimate) {

  /** The possible effect of a running script on other sessions. */
  public enum Risk {
    /** It takes no lock that another session waits for. */
    NONE,
    /** Others wait for a moment, whatever the size of the tables. */
    LOW,
    /** Writers wait for as long as a table is large, or several tables are locked at once. */
    MEDIUM,
    /**
     * Readers wait for as long as a table is large, rows or columns are lost, or a rule is broken.
     */
    HIGH;

    /** The greater of the two. */
    public Risk or(Risk other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /** Keeps copies of the collections. */
  public PlannedMigration {
    locks = Collections.unmodifiableMap(new TreeMap<>(locks));
    findings = List.copyOf(findings);
  }

  /** Whether there is a script that takes it back. */
  public boolean canBeRolledBack() {
    return migration.rollbackSql().isPresent();
  }
}
