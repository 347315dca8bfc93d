package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.ScriptTemplate;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "new",
    description = "Writes an empty script and its way back, with the next version of a folder.")
final class NewCommand implements Callable<Integer> {
  @Mixin final OutputOptions output = new OutputOptions();

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(
      paramLabel = "NAME",
      description = "What it is about, such as 'add task deadline': letters, digits, spaces.")
  private String name;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--scripts",
      paramLabel = "DIR",
      required = true,
      description =
          "The folder of your set of scripts; one that no other migration tool scans, such as"
              + " src/main/resources/agent-sets/mine.")
  private Path folder;

  @Override
  public Integer call() {
    List<Path> written = ScriptTemplate.write(folder, name);
    output.print(written.stream().map(Path::toString).toList(), "written", written);
    return ExitCode.OK;
  }
}
