package io.mistersmith.persistence.cli;

import java.util.List;
import java.util.UUID;
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
    recommendations().reject(recommendation);
    output.print(
        List.of("Recommendation " + recommendation + " is rejected."), "rejected", recommendation);
    return ExitCode.OK;
  }
}
