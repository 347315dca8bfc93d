package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.backup.RestoreReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore",
    description = {
      "Restores a backup into stores that are empty: PostgreSQL, then the streams; a new epoch is"
          + " begun, and what PostgreSQL lacks is replayed from the stream. Exits with 4 when a"
          + " store is not empty."
    })
final class RestoreCommand extends BackupsCommand {
  @Mixin private final RecoveryTargetOptions recovery = new RecoveryTargetOptions();

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "The backup; the newest whole one when none is named.")
  private Optional<String> id;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--into",
      paramLabel = "FILE",
      description = "A properties file with the stores to restore into; else those of the command.")
  private Optional<Path> into;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--data-directory",
      paramLabel = "DIR",
      description =
          "Restore the base backup into this data directory, which is empty or absent, of a server"
              + " that is stopped. Without it the dump is restored.")
  private Optional<Path> dataDirectory;

  @Option(
      names = "--postgres-only",
      description =
          "Restore no stream: NATS is intact, and the next runtime applies what it has. Agents that"
              + " the backup lacks are read from it.")
  private boolean postgresOnly;

  @Option(names = "--plan", description = "Change nothing; print what would be done.")
  private boolean planOnly;

  @Override
  int run(Backups backups) {
    RestoreOptions options = RestoreOptions.defaults().target(recovery.target());
    if (into.isPresent()) {
      options = options.into(installation.stores(into.get()));
    }
    if (dataDirectory.isPresent()) {
      options = options.dataDirectory(dataDirectory.get());
    }
    if (postgresOnly) {
      options = options.postgresAlone();
    }
    String chosen = chosen(backups, id);
    return planOnly
        ? print(output, backups.plan(chosen, options))
        : print(backups.restore(chosen, options, output.progress()));
  }

  static int print(OutputOptions output, RestorePlan plan) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      lines.add("%2d. %s".formatted(i + 1, plan.steps().get(i)));
    }
    plan.settings().forEach(setting -> lines.add("    " + setting));
    plan.missing().forEach(missing -> lines.add("MISSING  " + missing));
    output.print(
        lines,
        "id",
        plan.id(),
        "steps",
        plan.steps(),
        "settings",
        plan.settings(),
        "missing",
        plan.missing());
    return plan.missing().isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private int print(RestoreReport report) {
    output.print(
        lines(report),
        "id",
        report.id(),
        "bytes",
        report.bytes(),
        "tookMillis",
        report.took().toMillis(),
        "steps",
        report.steps(),
        "buckets",
        report.buckets(),
        "remaining",
        report.remaining());
    return ExitCode.OK;
  }

  static List<String> lines(RestoreReport report) {
    List<String> lines = new ArrayList<>();
    report
        .steps()
        .forEach(step -> lines.add("%6d ms  %s".formatted(step.took().toMillis(), step.what())));
    report
        .buckets()
        .forEach(
            bucket ->
                lines.add(
                    ("bucket %s: epoch %d, PostgreSQL had applied up to %d, the stream goes up to"
                            + " %d, %d entries were replayed")
                        .formatted(
                            bucket.bucket(),
                            bucket.epoch(),
                            bucket.sequence(),
                            bucket.lastSequence(),
                            bucket.replayed())));
    report.remaining().forEach(rest -> lines.add("TO DO  " + rest));
    lines.add(
        "Restored %s: %s in %d ms."
            .formatted(
                report.id(), ProgressLines.megabytes(report.bytes()), report.took().toMillis()));
    return lines;
  }
}
