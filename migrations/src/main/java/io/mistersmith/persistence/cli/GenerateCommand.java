package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.VectorScripts;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "generate",
    description = {
      "Writes the scripts of a set that has a size to choose.",
      "generate vector --dimension N is the set vector for embeddings of N numbers."
    })
final class GenerateCommand implements Callable<Integer> {

  /** The sets that can be generated. */
  enum GeneratedSet {
    vector
  }

  @Mixin final OutputOptions output = new OutputOptions();

  @SuppressWarnings({"NullAway.Init", "unused"}) // picocli sets it; there is one set so far
  @Parameters(paramLabel = "SET", description = "The set: ${COMPLETION-CANDIDATES}.")
  private GeneratedSet set;

  @Option(
      names = "--dimension",
      paramLabel = "N",
      required = true,
      description = "How many numbers an embedding has: 1 to 2000.")
  private int dimension;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--to",
      paramLabel = "DIR",
      required = true,
      description = "The folder to write to; apply it with --set-dir vector=DIR.")
  private Path folder;

  @Override
  public Integer call() {
    List<Path> written = VectorScripts.write(dimension, folder);
    output.print(written.stream().map(Path::toString).toList(), "written", written);
    return ExitCode.OK;
  }
}
