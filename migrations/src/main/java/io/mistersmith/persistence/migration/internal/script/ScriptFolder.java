package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.internal.script.ScriptFile.Direction;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads the scripts of a folder. */
public final class ScriptFolder {
  private ScriptFolder() {}

  /** The scripts of a folder that replaces the core set. */
  public static List<Migration> of(Path folder) {
    return of(ScriptId.CORE, folder).migrations();
  }

  /** The files of a folder that end with {@code .sql}, in the order of their versions. */
  public static MigrationSet of(String set, Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<ScriptFile> files = new ArrayList<>();
      for (Path file : entries.filter(e -> e.toString().endsWith(".sql")).toList()) {
        files.add(ScriptFile.of(String.valueOf(file.getFileName()), Files.readAllBytes(file)));
      }
      return new MigrationSet(set, List.of(), pair(set, files));
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not read the scripts in " + folder + ": " + e, e);
    }
  }

  /** Puts each script and the one that takes it back together. */
  static List<Migration> pair(String set, List<ScriptFile> files) {
    SortedMap<MigrationVersion, ScriptFile> forward = of(files, Direction.FORWARD);
    SortedMap<MigrationVersion, ScriptFile> back = of(files, Direction.BACK);
    List<Migration> migrations = new ArrayList<>();
    List<ScriptId> previous = List.of();
    for (ScriptFile file : forward.values()) {
      Migration migration =
          migration(set, file, Optional.ofNullable(back.remove(file.version())), previous);
      migrations.add(migration);
      previous = List.of(migration.id());
    }
    for (ScriptFile orphan : back.values()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "Script "
              + orphan.fileName()
              + " takes back a version that has no V script; add it, or remove this one");
    }
    return List.copyOf(migrations);
  }

  private static Migration migration(
      String set, ScriptFile file, Optional<ScriptFile> back, List<ScriptId> previous) {
    ScriptHeader header = ScriptHeader.parse(set, file.fileName(), file.sql());
    back.ifPresent(b -> ScriptHeader.parse(set, b.fileName(), b.sql()));
    return new Migration(
        new ScriptId(set, file.version()),
        file.name(),
        file.fileName(),
        header.kind(),
        header.description(),
        header.dependsOn().orElse(previous),
        header.transactional(),
        header.verifyBefore(),
        header.verifyAfter(),
        file.sql(),
        back.map(ScriptFile::sql),
        file.checksum());
  }

  private static SortedMap<MigrationVersion, ScriptFile> of(
      List<ScriptFile> files, Direction direction) {
    SortedMap<MigrationVersion, ScriptFile> byVersion = new TreeMap<>();
    for (ScriptFile file : files) {
      if (file.direction() == direction) {
        ScriptFile twin = byVersion.put(file.version(), file);
        if (twin != null) {
          throw new MigrationException(
              Kind.INVALID_SCRIPT,
              "Scripts %s and %s have the same version; give one of them another"
                  .formatted(twin.fileName(), file.fileName()));
        }
      }
    }
    return byVersion;
  }
}
