package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.DrillReport.Comparison;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "drill",
    description = {
      "Restores a backup into scratch servers, compares every table and bucket with it, checks the"
          + " consistency, measures RTO and RPO, and records the result in recovery.test_results."
          + " Exits with 3 when something differs."
    })
final class DrillCommand extends BackupsCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "The backup; the newest one that holds both stores when none is named.")
  private Optional<String> id;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--into",
      paramLabel = "FILE",
      description =
          "A properties file with empty stores to restore into; else scratch servers are started on"
              + " this machine from the programs on the PATH and in BACKUP_PROGRAMS, and deleted.")
  private Optional<Path> into;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the scratch servers keep their files; else a temporary directory.")
  private Optional<Path> directory;

  @Override
  int run(Backups backups) {
    Drill drill = Drill.ofNewest();
    if (id.isPresent() && !id.get().equals("latest")) {
      drill = drill.backup(id.get());
    }
    if (into.isPresent()) {
      drill = drill.into(installation.stores(into.get()));
    }
    if (directory.isPresent()) {
      drill = drill.directory(directory.get());
    }
    DrillReport report = backups.drill(drill, output.progress());
    List<String> lines = new ArrayList<>(RestoreCommand.lines(report.restore()));
    report.comparisons().stream()
        .filter(comparison -> !comparison.equal())
        .forEach(comparison -> lines.add(line(comparison)));
    report.findings().forEach(finding -> lines.add("FOUND  " + finding));
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %d tables and buckets compared, RTO %.1f s, RPO %.1f s.",
            report.passed() ? "Passed" : "FAILED",
            report.comparisons().size(),
            report.rto().toMillis() / 1e3,
            report.rpo().toMillis() / 1e3));
    output.print(
        lines,
        "passed",
        report.passed(),
        "backup",
        report.restore().id(),
        "rtoMillis",
        report.rto().toMillis(),
        "rpoMillis",
        report.rpo().toMillis(),
        "comparisons",
        report.comparisons(),
        "findings",
        report.findings(),
        "steps",
        report.restore().steps(),
        "buckets",
        report.restore().buckets());
    return report.passed() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private static String line(Comparison comparison) {
    return "DIFFERS  %s: %s in the backup, %s restored"
        .formatted(comparison.name(), comparison.expected(), comparison.found());
  }
}
