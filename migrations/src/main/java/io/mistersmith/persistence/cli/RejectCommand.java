package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.online.ConcurrentIndex;
import io.mistersmith.persistence.migration.online.IndexRecommendations;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "reject",
    description = {"Rejects a recommendation: the index is not recommended again."})
final class RejectCommand extends AdviceCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(paramLabel = "ID", description = "The recommendation, as 'advise missing' lists it.")
  private UUID recommendation;

  @Override
  public Integer call() {
    DataSource source = connection.dataSource();
    IndexRecommendations recommendations =
        new IndexRecommendations(
            source, new ConcurrentIndex(source, ConcurrentIndex.Settings.defaults()));
    recommendations.reject(recommendation);
    output.print(
        List.of("Recommendation " + recommendation + " is rejected."), "rejected", recommendation);
    return ExitCode.OK;
  }
}
