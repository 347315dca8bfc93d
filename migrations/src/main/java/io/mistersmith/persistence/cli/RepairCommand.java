package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.report.RepairReport;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "repair",
    description = {
      "Marks as failed what a migrator that died left running, and drops the invalid indexes that it"
          + " left. apply does not need it: it goes on by itself."
    })
final class RepairCommand extends DatabaseCommand {
  @Option(
      names = "--accept-changed-scripts",
      description =
          "Take scripts that were changed after they were applied for what was applied: only when"
              + " you know that both do the same.")
  private boolean acceptChangedScripts;

  @Override
  public Integer call() {
    RepairReport report = runner().repair(acceptChangedScripts);
    List<String> lines = new ArrayList<>();
    report.markedFailed().forEach(id -> lines.add("marked as failed: " + id));
    report.checksums().forEach(id -> lines.add("accepted as it is: " + id));
    report.droppedIndexes().forEach(index -> lines.add("dropped invalid index " + index));
    if (lines.isEmpty()) {
      lines.add("Nothing to repair.");
    }
    output.print(
        lines,
        "markedFailed",
        report.markedFailed(),
        "acceptedAsIs",
        report.checksums(),
        "droppedIndexes",
        report.droppedIndexes());
    return ExitCode.OK;
  }
}
