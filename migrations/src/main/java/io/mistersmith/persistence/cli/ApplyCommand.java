package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.DryRunReport;
import io.mistersmith.persistence.migration.report.MigrationReport;
import io.mistersmith.persistence.migration.report.MigrationReport.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
    name = "apply",
    description = "Applies what is pending; does nothing on a database that is up to date.")
final class ApplyCommand extends DatabaseCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Option(
      names = "--to",
      paramLabel = "V",
      description = "The version to go to, written SET:V for one of another set than the core.")
  private Optional<String> to;

  @Option(
      names = "--dry-run",
      description =
          "Really run the pending scripts, in one transaction, and roll it back, so that errors"
              + " show. Tables are locked meanwhile. Scripts that are no transaction are listed.")
  private boolean dryRun;

  @Option(
      names = "--or-roll-back",
      description =
          "Apply all or nothing: when a script fails, take back what this call applied, by the U"
              + " scripts. Refuses, before anything is done, when a pending version has none.")
  private boolean orRollBack;

  @Override
  public Integer call() {
    Optional<ScriptId> target = to.map(scripts::version);
    if (dryRun && orRollBack) {
      throw new ParameterException(
          command.commandLine(), "--dry-run changes nothing; leave --or-roll-back out");
    }
    MigrationRunner runner = runner();
    if (dryRun) {
      print(runner.dryRun(target));
    } else if (orRollBack) {
      return new AllOrNothingOutput(command, output).print(runner.applyOrRollBack(target));
    } else {
      print(target.isPresent() ? runner.applyTo(target.get()) : runner.apply());
    }
    return ExitCode.OK;
  }

  private void print(DryRunReport report) {
    List<String> lines = new ArrayList<>();
    report
        .tried()
        .forEach(script -> lines.add("ran without an error: " + script + verified(script)));
    report.leftOut().forEach(script -> lines.add("not tried, no transaction: " + script));
    lines.add("Nothing was changed.");
    output.print(
        lines,
        "dryRun",
        true,
        "tried",
        report.tried().stream().map(Migration::toString).toList(),
        "leftOut",
        report.leftOut().stream().map(Migration::toString).toList());
  }

  private static String verified(Migration script) {
    int queries = script.verifyBefore().size() + script.verifyAfter().size();
    return queries == 0 ? "" : ", and passed its verification, queries: " + queries;
  }

  private void print(MigrationReport report) {
    List<String> lines = new ArrayList<>();
    report.applied().forEach(applied -> lines.add(line(applied)));
    String now = report.after().map(MigrationVersion::toString).orElse("no version");
    lines.add(
        report.applied().isEmpty()
            ? "Nothing to do: the database is at %s.".formatted(now)
            : "Applied %d; the database is at %s.".formatted(report.applied().size(), now));
    output.print(
        lines,
        "before",
        report.before(),
        "after",
        report.after(),
        "waitedMillis",
        report.waited(),
        "applied",
        report.applied().stream().map(ApplyCommand::object).toList());
  }

  static String line(Applied applied) {
    return "%s  %d ms%s"
        .formatted(
            applied.migration(),
            applied.duration().toMillis(),
            applied.attempts() == 1 ? "" : ", attempt " + applied.attempts());
  }

  static Object object(Applied applied) {
    return OutputOptions.object(
        "set", applied.migration().set(),
        "version", applied.migration().version(),
        "file", applied.migration().fileName(),
        "tookMillis", applied.duration(),
        "attempts", applied.attempts());
  }
}
