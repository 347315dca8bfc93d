package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.DatabaseAdvice;
import io.mistersmith.persistence.migration.online.DatabaseAdvice.SlowStatement;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "statements",
    description = {
      "Lists the statements that take longest on average, with the plans that were captured. No"
          + " statement is run for its plan. Needs the set statements."
    })
final class AdviseStatementsCommand extends AdviceCommand {
  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Override
  public Integer call() {
    List<SlowStatement> slowest = new DatabaseAdvice(connection.dataSource()).slowest(limit);
    List<String> lines = new ArrayList<>();
    for (SlowStatement statement : slowest) {
      lines.add(
          "%.1f ms on average, %d calls, %.0f ms in all%s"
              .formatted(
                  statement.meanMillis(),
                  statement.calls(),
                  statement.totalMillis(),
                  statement.plan().isPresent() ? ", with a plan (--json)" : ""));
      lines.add("    " + statement.text().strip().replaceAll("\\s+", " "));
    }
    lines.add(slowest.isEmpty() ? "No statement was counted yet." : slowest.size() + " listed.");
    output.print(
        lines, "statements", slowest.stream().map(AdviseStatementsCommand::object).toList());
    return ExitCode.OK;
  }

  private static Object object(SlowStatement statement) {
    return OutputOptions.object(
        "hash", statement.hash(),
        "text", statement.text(),
        "calls", statement.calls(),
        "meanMillis", statement.meanMillis(),
        "totalMillis", statement.totalMillis(),
        "plan", statement.plan());
  }
}
