package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "sets", description = "Lists the optional sets that come with the library.")
final class SetsCommand implements Callable<Integer> {
  @Mixin final OutputOptions output = new OutputOptions();

  @Override
  public Integer call() {
    List<String> sets = MigrationRunner.bundledSets();
    output.print(sets, "sets", sets);
    return ExitCode.OK;
  }
}
