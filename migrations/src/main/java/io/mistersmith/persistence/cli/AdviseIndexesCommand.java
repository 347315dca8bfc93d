package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.DatabaseAdvice;
import io.mistersmith.persistence.migration.online.DatabaseAdvice.IndexFinding;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "indexes",
    description = {
      "Lists indexes that are invalid, duplicate, unused or bloated, the largest first, each with"
          + " the statement that helps. Runs none of them."
    })
final class AdviseIndexesCommand extends AdviceCommand {
  @Option(names = "--check", description = "Exit with 3 when there is one.")
  private boolean check;

  @Override
  public Integer call() {
    List<IndexFinding> findings = new DatabaseAdvice(connection.dataSource()).indexes();
    List<String> lines = new ArrayList<>();
    for (IndexFinding finding : findings) {
      lines.add(
          "%-9s %s on %s, %d kB: %s"
              .formatted(
                  finding.trouble(),
                  finding.index(),
                  finding.table(),
                  finding.bytes() / 1024,
                  finding.reason()));
      lines.add("    " + finding.statement());
    }
    lines.add(findings.isEmpty() ? "Nothing found." : findings.size() + " found.");
    output.print(lines, "indexes", findings.stream().map(AdviseIndexesCommand::object).toList());
    return check && !findings.isEmpty() ? ExitCode.ACTION_NEEDED : ExitCode.OK;
  }

  private static Object object(IndexFinding finding) {
    return OutputOptions.object(
        "index", finding.index(),
        "table", finding.table(),
        "trouble", finding.trouble(),
        "bytes", finding.bytes(),
        "reason", finding.reason(),
        "statement", finding.statement());
  }
}
