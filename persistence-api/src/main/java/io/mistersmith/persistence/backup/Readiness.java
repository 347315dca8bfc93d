package io.mistersmith.persistence.backup;

import java.util.Comparator;
import java.util.List;

/**
 * Whether a recovery would succeed.
 *
 * @param checks each check: {@code base_backup_exists}, {@code wal_continuity}, {@code
 *     target_time_feasible}, {@code stream_snapshot} and {@code keys}
 */
public record Readiness(List<Check> checks) {

  /** Copies the checks. */
  public Readiness {
    checks = List.copyOf(checks);
  }

  /** Returns the worst status of a check. */
  public Status status() {
    return checks.stream().map(Check::status).max(Comparator.naturalOrder()).orElse(Status.FAIL);
  }

  /** How a check ended, from best to worst. */
  public enum Status {
    /** Recovery would succeed. */
    PASS,
    /** It would succeed, and something should be looked at. */
    WARN,
    /** It would fail. */
    FAIL
  }

  /**
   * A check.
   *
   * @param name its name
   * @param status how it ended
   * @param found what was found, in a sentence
   * @param action what to do; empty when it passed
   */
  public record Check(String name, Status status, String found, String action) {}
}
