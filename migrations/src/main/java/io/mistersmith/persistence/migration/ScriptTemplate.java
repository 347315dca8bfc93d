package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.internal.script.ScriptFile;
import io.mistersmith.persistence.migration.internal.script.ScriptFolder;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/** Begins new scripts. */
public final class ScriptTemplate {
  private static final String FORWARD =
      """
      -- kind: schema
      -- One sentence on what this changes, and one on why. The lines above it may also be:
      --   depends-on: 1.7.0, core 2.3.0   (else the version before this one)
      --   transactional: no               (for CONCURRENTLY; each statement must be repeatable)
      --   verify-before: SELECT …         (must return no row; verify-after likewise)
      --   lint: allow RULE — the reason

      """;

  private static final String BACK =
      """
      -- Takes V%s back completely.

      """;

  private ScriptTemplate() {}

  /**
   * Writes an empty script and its way back into a folder, with the next minor version there, or
   * 1.0.0 in an empty one.
   *
   * @param folder is made where it is missing
   * @param name what the script is about: letters, digits, spaces, underscores
   * @return the two files
   * @throws MigrationException when the name or the folder will not do
   */
  public static List<Path> write(Path folder, String name) {
    String words = name.strip().toLowerCase(Locale.ROOT).replaceAll("[ _-]+", "_");
    try {
      Files.createDirectories(folder);
      MigrationVersion version = next(ScriptFolder.of(folder));
      Path forward = folder.resolve("V%s__%s.sql".formatted(version, words));
      Path back = folder.resolve("U%s__%s.sql".formatted(version, words));
      ScriptFile.checkName(String.valueOf(forward.getFileName()));
      Files.writeString(forward, FORWARD, StandardOpenOption.CREATE_NEW);
      Files.writeString(back, BACK.formatted(version), StandardOpenOption.CREATE_NEW);
      return List.of(forward, back);
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not write a script into " + folder + ": " + e, e);
    }
  }

  private static MigrationVersion next(List<Migration> migrations) {
    if (migrations.isEmpty()) {
      return new MigrationVersion(1, 0, 0, "");
    }
    MigrationVersion last = migrations.get(migrations.size() - 1).version();
    return new MigrationVersion(last.major(), last.minor() + 1, 0, "");
  }
}
