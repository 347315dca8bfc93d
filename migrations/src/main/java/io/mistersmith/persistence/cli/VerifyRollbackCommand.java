package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.report.VerificationReport;
import io.mistersmith.persistence.migration.report.VerificationReport.Verified;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
    name = "verify-rollback",
    description = {
      "Tries every way back on a scratch database that it creates on the same server and drops again"
          + " (the role needs CREATEDB): each version is applied, tables get rows, the version is"
          + " taken back and applied again, and the catalogs are compared. Exits with 3 when a"
          + " version cannot be taken back cleanly."
    })
final class VerifyRollbackCommand extends DatabaseCommand {
  @Override
  public Integer call() {
    VerificationReport report = runner().verifyRollback(connection::dataSource);
    List<String> lines = new ArrayList<>();
    for (Verified version : report.versions()) {
      lines.add(
          "%-7s %s  %d ms, rows in %d tables"
              .formatted(
                  version.problems().isEmpty() ? "ok" : "FAILED",
                  version.id(),
                  version.took().toMillis(),
                  version.tablesWithRows()));
      version.problems().forEach(problem -> lines.add("    " + problem));
    }
    output.print(
        lines,
        "reversible",
        report.isReversible(),
        "versions",
        report.versions().stream().map(VerifyRollbackCommand::object).toList());
    return report.isReversible() ? ExitCode.OK : ExitCode.ACTION_NEEDED;
  }

  private static Object object(Verified version) {
    return OutputOptions.object(
        "set", version.id().set(),
        "version", version.id().version(),
        "problems", version.problems(),
        "tablesWithRows", version.tablesWithRows(),
        "emptyTables", version.emptyTables(),
        "tookMillis", version.took());
  }
}
