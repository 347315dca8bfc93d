package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which scripts a command works with. */
final class ScriptOptions {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--set",
      paramLabel = "NAME",
      description =
          "A set that comes with the library, applied with the core set; may be repeated. See"
              + " 'sets'.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--set-dir",
      paramLabel = "NAME=DIR",
      description = "A set of scripts from a folder, yours or a generated one; may be repeated.")
  private Map<String, Path> folders = new LinkedHashMap<>();

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--scripts",
      paramLabel = "DIR",
      description = "A folder with scripts in place of the core set that comes with the library.")
  private Optional<Path> scripts;

  /** Puts the scripts into a runner. */
  MigrationRunner.Builder into(MigrationRunner.Builder builder) {
    scripts.ifPresent(builder::scripts);
    builder.sets(sets.toArray(String[]::new));
    try {
      folders.forEach(builder::set);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--set-dir: " + e.getMessage(), e);
    }
    return builder;
  }

  /** Reads {@code V}, or {@code SET:V} for a version of another set than the core. */
  ScriptId version(String text) {
    try {
      int colon = text.indexOf(':');
      String set = colon < 0 ? ScriptId.CORE : text.substring(0, colon);
      return new ScriptId(set, MigrationVersion.parse(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }
}
