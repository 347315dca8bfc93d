package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.ScriptSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "sets",
    description =
        "Lists the sets of scripts that come with the library: 'core', which is always applied, and"
            + " those that --set adds.")
final class SetsCommand implements Callable<Integer> {
  @Mixin final OutputOptions output = new OutputOptions();

  @Override
  public Integer call() {
    List<ScriptSet> sets = MigrationRunner.bundledSets();
    List<String> lines = new ArrayList<>();
    for (ScriptSet set : sets) {
      String needs =
          set.dependsOn().isEmpty() ? "" : " (needs " + String.join(", ", set.dependsOn()) + ")";
      lines.add("%-11s %s%s".formatted(set.name(), set.description(), needs));
    }
    output.print(lines, "sets", sets.stream().map(SetsCommand::object).toList());
    return ExitCode.OK;
  }

  private static Object object(ScriptSet set) {
    return OutputOptions.object(
        "name", set.name(), "description", set.description(), "dependsOn", set.dependsOn());
  }
}
