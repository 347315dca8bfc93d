package io.mistersmith.persistence.spi.sql;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The backups and drills that the durable store knows of. Needs the set {@code recovery} of the
 * migrations; without it, calls but {@link #isInstalled} fail as {@code MISCONFIGURED}.
 * Thread-safe.
 */
public interface RecoveryStore {

  /** Returns whether the set of migrations is applied. */
  @SqlAccess.Read
  boolean isInstalled();

  /** Adds a whole backup; does nothing where it is known. */
  void add(KnownBackup backup);

  /** Removes a backup that was deleted; returns whether it was known. */
  boolean remove(String id);

  /** Returns the known backups, newest first. */
  @SqlAccess.Read
  List<KnownBackup> backups();

  /** Records a drill that has ended, and returns its id. */
  UUID record(DrillResult result);

  /** Returns how old the newest backup and the last drill that passed are, in this order. */
  @SqlAccess.Read
  List<Age> ages();

  /** Checks the consistency of every table. Takes as long as reading them. */
  @SqlAccess.Read
  List<TableCheck> verifyConsistency();

  /**
   * A whole backup.
   *
   * @param id its id
   * @param kind the name of its kind
   * @param startedAt when it began
   * @param completedAt when it was whole
   * @param bytes how many bytes it has
   */
  record KnownBackup(String id, String kind, Instant startedAt, Instant completedAt, long bytes) {}

  /**
   * What came of a drill.
   *
   * @param both whether both stores were restored
   * @param backupAt when the backup began
   * @param startedAt when the drill began
   * @param passed whether nothing was found
   * @param figures what was measured, by name
   * @param errors what was found, in sentences
   * @param notes what was restored, and from where
   */
  record DrillResult(
      boolean both,
      Instant backupAt,
      Instant startedAt,
      boolean passed,
      Map<String, Double> figures,
      List<String> errors,
      String notes) {

    /** Copies the collections. */
    public DrillResult {
      figures = Map.copyOf(figures);
      errors = List.copyOf(errors);
    }
  }

  /**
   * How old something is, and how old it may become.
   *
   * @param what {@code backup} or {@code drill}
   * @param lastAt when the last one was; empty before the first
   * @param allowed how old it may become
   * @param allowedAges the age in multiples of that; it is overdue from 1 on
   */
  record Age(String what, Optional<Instant> lastAt, Duration allowed, double allowedAges) {}

  /**
   * The consistency of a table.
   *
   * @param table its name with the schema
   * @param rows how many rows it has
   * @param issues what was found, in words; empty when it is consistent
   */
  record TableCheck(String table, long rows, List<String> issues) {

    /** Copies the issues. */
    public TableCheck {
      issues = List.copyOf(issues);
    }
  }
}
