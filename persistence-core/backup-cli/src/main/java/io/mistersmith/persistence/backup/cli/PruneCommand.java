package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.PruneReport;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "prune",
    description = {
      "Deletes the backups that the retention does not keep, unfinished ones, and the WAL that no"
          + " base backup needs. Never breaks a chain. BACKUP_KEEP_DAYS, BACKUP_KEEP_WEEKS and"
          + " BACKUP_KEEP_MONTHS say what is kept."
    })
final class PruneCommand extends BackupsCommand {
  @Option(names = "--dry-run", description = "Delete nothing; say what would be deleted.")
  private boolean dryRun;

  @Override
  int run(Backups backups) {
    PruneReport report = backups.prune(dryRun);
    String deleted = dryRun ? "would delete " : "deleted ";
    List<String> lines = new ArrayList<>();
    report.kept().forEach(kept -> lines.add("kept " + kept.id() + ": " + kept.reason()));
    report.unfinished().forEach(id -> lines.add(deleted + id + ", unfinished"));
    report.backups().forEach(id -> lines.add(deleted + id));
    lines.add(
        "%s%d backups, %d unfinished ones, %d segments of the WAL, %s."
            .formatted(
                deleted,
                report.backups().size(),
                report.unfinished().size(),
                report.walSegments(),
                ProgressLines.megabytes(report.bytes())));
    output.print(
        lines,
        "dryRun",
        dryRun,
        "backups",
        report.backups(),
        "unfinished",
        report.unfinished(),
        "walSegments",
        report.walSegments(),
        "bytes",
        report.bytes(),
        "kept",
        report.kept());
    return ExitCode.OK;
  }
}
