package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.report.RollbackReport;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "rollback",
    description = {
      "Takes versions back, with the data in what they made. Refuses, before anything is done, when"
          + " a version has no way back or one of another set depends on it."
    })
final class RollbackCommand extends DatabaseCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @ArgGroup(exclusive = true, multiplicity = "1")
  private Target target;

  static final class Target {
    @Option(
        names = "--to",
        paramLabel = "V",
        description =
            "The version to go back to, which stays; 0.0.0 takes everything back. Written SET:V for"
                + " one of another set than the core.")
    private @Nullable String to;

    @Option(names = "--last", description = "Take back the version that was applied last.")
    private boolean last;
  }

  @Override
  public Integer call() {
    MigrationRunner runner = runner();
    RollbackReport report =
        target.last || target.to == null
            ? runner.rollbackLast()
            : runner.rollbackTo(scripts.version(target.to));
    List<String> lines = new ArrayList<>();
    report.rolledBack().forEach(back -> lines.add(line(back)));
    lines.add(
        report.rolledBack().isEmpty()
            ? "Nothing to take back."
            : "Took " + report.rolledBack().size() + " back.");
    output.print(
        lines,
        "waitedMillis",
        report.waited(),
        "rolledBack",
        report.rolledBack().stream().map(RollbackCommand::object).toList());
    return ExitCode.OK;
  }

  static String line(RolledBack back) {
    return "%s  %d ms".formatted(back.file(), back.duration().toMillis());
  }

  static Object object(RolledBack back) {
    return OutputOptions.object(
        "set", back.id().set(),
        "version", back.id().version(),
        "file", back.file(),
        "tookMillis", back.duration(),
        "attempts", back.attempts());
  }
}
