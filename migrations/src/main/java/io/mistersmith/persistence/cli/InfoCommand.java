package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.report.VersionInfo;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

@Command(name = "info", description = "Lists the versions and what became of each.")
final class InfoCommand extends DatabaseCommand {
  @Override
  public Integer call() {
    List<VersionInfo> versions = runner().info();
    output.print(
        versions.stream().map(InfoCommand::line).toList(),
        "versions",
        versions.stream().map(InfoCommand::object).toList());
    return ExitCode.OK;
  }

  private static String line(VersionInfo version) {
    return "%-22s %-13s %-22s %s%s"
        .formatted(
            version.id(),
            state(version),
            version.appliedAt().map(at -> at.truncatedTo(ChronoUnit.SECONDS).toString()).orElse(""),
            version.name(),
            version.error().map(error -> "\n    " + error).orElse(""));
  }

  private static Object object(VersionInfo version) {
    return OutputOptions.object(
        "set", version.id().set(),
        "version", version.id().version(),
        "name", version.name(),
        "state", state(version),
        "appliedAt", version.appliedAt(),
        "tookMillis", version.took(),
        "error", version.error(),
        "canBeRolledBack", version.canBeRolledBack());
  }

  private static String state(VersionInfo version) {
    return version.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
