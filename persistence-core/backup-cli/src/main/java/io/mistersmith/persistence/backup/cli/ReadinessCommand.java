package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Readiness;
import io.mistersmith.persistence.backup.Readiness.Check;
import io.mistersmith.persistence.backup.Readiness.Status;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "readiness",
    description = {
      "Checks whether a recovery would succeed now: base backup, chain of the WAL, target time,"
          + " snapshots of the streams, and keys. Exits with 3 when a check fails."
    })
final class ReadinessCommand extends BackupsCommand {
  @Mixin private final RecoveryTargetOptions recovery = new RecoveryTargetOptions();

  @Option(names = "--strict", description = "Exit with 3 for a warning, too.")
  private boolean strict;

  @Override
  int run(Backups backups) {
    Readiness readiness = backups.readiness(recovery.target());
    List<String> lines = new ArrayList<>();
    for (Check check : readiness.checks()) {
      lines.add("%-4s %s: %s".formatted(check.status(), check.name(), check.found()));
      if (!check.action().isEmpty()) {
        lines.add("     " + check.action());
      }
    }
    output.print(lines, "status", readiness.status(), "checks", readiness.checks());
    Status worstAllowed = strict ? Status.PASS : Status.WARN;
    return readiness.status().compareTo(worstAllowed) > 0 ? ExitCode.FINDINGS : ExitCode.OK;
  }
}
