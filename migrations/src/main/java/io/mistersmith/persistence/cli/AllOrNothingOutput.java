package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.report.ApplyOrRollBackReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** Prints what {@code apply --or-roll-back} did. */
final class AllOrNothingOutput {
  private final CommandSpec command;
  private final OutputOptions output;

  AllOrNothingOutput(CommandSpec command, OutputOptions output) {
    this.command = command;
    this.output = output;
  }

  /** Prints the report; the failure goes to stderr as well. Returns the exit code. */
  int print(ApplyOrRollBackReport report) {
    report.failure().ifPresent(this::tellFailure);
    output.print(
        lines(report),
        "before",
        report.before(),
        "after",
        report.after(),
        "waitedMillis",
        report.waited(),
        "applied",
        report.applied().stream().map(ApplyCommand::object).toList(),
        "failure",
        report.failure().map(MigrationsCli::object),
        "rolledBack",
        report.rolledBack().stream().map(RollbackCommand::object).toList(),
        "left",
        report.left());
    return report.failure().map(ExitCode::of).orElse(ExitCode.OK);
  }

  private void tellFailure(MigrationException failure) {
    PrintWriter err = command.commandLine().getErr();
    err.println("error: " + failure.getMessage());
    for (Throwable onTheWayBack : failure.getSuppressed()) {
      err.println("error on the way back: " + onTheWayBack.getMessage());
    }
    err.flush();
  }

  private static List<String> lines(ApplyOrRollBackReport report) {
    List<String> lines = new ArrayList<>();
    report.applied().forEach(applied -> lines.add("applied  " + ApplyCommand.line(applied)));
    report.failure().ifPresent(failure -> lines.add("failed  " + failure.getMessage()));
    report.rolledBack().forEach(back -> lines.add("took back  " + RollbackCommand.line(back)));
    report.left().forEach(id -> lines.add("LEFT APPLIED  " + id));
    lines.add(total(report));
    return lines;
  }

  private static String total(ApplyOrRollBackReport report) {
    Optional<String> version = report.after().map(MigrationVersion::toString);
    String now = "the database is at %s.".formatted(version.orElse("no version"));
    if (!report.isApplied()) {
      return report.left().isEmpty()
          ? "Nothing of this call remains: " + now
          : "Not all could be taken back: " + now + " Repair the U script, then roll back.";
    }
    return report.applied().isEmpty()
        ? "Nothing to do: " + now
        : "Applied %d; %s".formatted(report.applied().size(), now);
  }
}
