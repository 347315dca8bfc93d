package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "baseline",
    description =
        "Notes versions as applied without running them, for a database that was made by other"
            + " means and has no history.")
final class BaselineCommand extends DatabaseCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Option(
      names = "--to",
      required = true,
      paramLabel = "V",
      description = "The version that the database is at; SET:V for another set than the core.")
  private String to;

  @Override
  public Integer call() {
    List<ScriptId> noted = runner().baseline(scripts.version(to));
    List<String> lines = new ArrayList<>();
    noted.forEach(id -> lines.add("noted as applied: " + id));
    output.print(lines, "noted", noted);
    return ExitCode.OK;
  }
}
