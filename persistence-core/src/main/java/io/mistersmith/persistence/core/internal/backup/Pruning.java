package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.PruneReport.Kept;
import io.mistersmith.persistence.backup.Retention;
import io.mistersmith.persistence.core.internal.backup.BackupCatalog.Listed;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Deletes what the retention does not keep. A call that is cut off leaves nothing that counts as
 * whole and is not: an increment goes before its base, and a manifest before its files.
 *
 * @param catalog the backups
 * @param retention how long backups are kept
 * @param beyond how long the WAL is kept beyond the oldest base backup
 * @param longest how long a backup may take
 */
record Pruning(
    BackupCatalog catalog, Retention retention, Duration beyond, Duration longest, Clock clock) {

  /**
   * Deletes.
   *
   * @param onlyReport whether to delete nothing, and only say what would be deleted
   */
  PruneReport run(boolean onlyReport) {
    List<Listed> backups = catalog.all();
    RetentionPlan plan = RetentionPlan.of(backups, retention, longest, clock.instant());
    List<Stored> wal = unneededWal(backups, plan);
    if (!onlyReport) {
      plan.expired().forEach(catalog::delete);
      plan.unfinished().forEach(catalog::delete);
      wal.forEach(file -> catalog.target().delete(file.path()));
    }
    List<Kept> kept = new ArrayList<>();
    plan.kept().forEach((id, reason) -> kept.add(new Kept(id, reason)));
    return new PruneReport(
        ids(plan.expired()),
        ids(plan.unfinished()),
        wal.stream().filter(WalRetention::isSegment).count(),
        bytes(plan, wal),
        kept);
  }

  /** Where a manifest cannot be read, nobody can say which WAL its backup needs. */
  private List<Stored> unneededWal(List<Listed> backups, RetentionPlan plan) {
    List<BackupManifest> manifests = new ArrayList<>();
    for (Listed backup : backups) {
      if (!backup.isUnfinished() && plan.kept().containsKey(backup.id())) {
        Optional<BackupManifest> manifest = backup.manifest();
        if (manifest.isEmpty()) {
          return List.of();
        }
        manifests.add(manifest.get());
      }
    }
    return WalRetention.of(manifests, beyond)
        .map(rule -> rule.unneeded(catalog.target().list(BackupPaths.WAL)))
        .orElse(List.of());
  }

  private static List<String> ids(List<Listed> backups) {
    return backups.stream().map(Listed::id).toList();
  }

  private static long bytes(RetentionPlan plan, List<Stored> wal) {
    return Stream.of(
            plan.expired().stream().flatMap(backup -> backup.files().stream()),
            plan.unfinished().stream().flatMap(backup -> backup.files().stream()),
            wal.stream())
        .flatMap(files -> files)
        .mapToLong(Stored::size)
        .sum();
  }
}
