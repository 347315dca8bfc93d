package io.mistersmith.persistence.cli;

import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "implement",
    description = {
      "Builds a recommended index by CREATE INDEX CONCURRENTLY, and records the outcome. Called"
          + " again after an interruption, resumes the build. Needs the rights of the table's"
          + " owner."
    })
final class ImplementCommand extends AdviceCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(paramLabel = "ID", description = "The recommendation, as 'advise missing' lists it.")
  private UUID recommendation;

  @Override
  public Integer call() {
    String index = recommendations().implement(recommendation);
    output.print(List.of("Index " + index + " is built."), "index", index);
    return ExitCode.OK;
  }
}
