package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.IndexRecommendations;
import io.mistersmith.persistence.migration.online.IndexRecommendations.Recommendation;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "missing",
    description = {
      "Looks for missing indexes in the statistics, and lists what is recommended and neither built"
          + " nor rejected."
    })
final class AdviseMissingCommand extends AdviceCommand {
  @Option(names = "--check", description = "Exit with 3 when there is one.")
  private boolean check;

  @Override
  public Integer call() {
    IndexRecommendations recommendations = recommendations();
    recommendations.refresh();
    List<Recommendation> pending = recommendations.pending();
    List<String> lines = new ArrayList<>();
    for (Recommendation one : pending) {
      lines.add(
          "%s  %s.%s (%s)"
              .formatted(
                  one.id(),
                  one.index().schema(),
                  one.index().table(),
                  String.join(", ", one.index().columns())));
      lines.add("    %s. %s".formatted(one.reason(), one.estimatedBenefit()));
      one.failure().ifPresent(failure -> lines.add("    could not be built: " + failure));
    }
    lines.add(pending.isEmpty() ? "Nothing is missing." : pending.size() + " pending.");
    output.print(lines, "missing", pending.stream().map(AdviseMissingCommand::object).toList());
    return check && !pending.isEmpty() ? ExitCode.ACTION_NEEDED : ExitCode.OK;
  }

  private static Object object(Recommendation one) {
    return OutputOptions.object(
        "id", one.id(),
        "schema", one.index().schema(),
        "table", one.index().table(),
        "columns", one.index().columns(),
        "method", one.index().accessMethod(),
        "reason", one.reason(),
        "benefit", one.estimatedBenefit(),
        "createdAt", one.createdAt(),
        "failure", one.failure());
  }
}
