package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.migration.ScriptFile.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads a set of scripts.
 *
 * <p>The bundled ones are read by the list beside this class and not by listing {@code
 * db/migration}: an application may keep scripts of its own under that name, and not every class
 * loader can list a folder.
 */
final class ScriptFolder {
  private static final String LIST = "bundled-scripts.txt";
  private static final String BUNDLED = "/db/migration/";

  private ScriptFolder() {}

  /** The scripts that come with the library, in the order of their versions. */
  static List<Migration> bundled() {
    try {
      String names = new String(resource(LIST), StandardCharsets.UTF_8);
      List<ScriptFile> files = new ArrayList<>();
      for (String name : names.lines().filter(line -> !line.isBlank()).toList()) {
        files.add(ScriptFile.of(name, resource(BUNDLED + name)));
      }
      return pair(files);
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not read the bundled scripts: " + e.getMessage(), e);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ScriptFolder.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not in the migrations jar; build it anew");
      }
      return in.readAllBytes();
    }
  }

  /** The files of a folder that end with {@code .sql}, in the order of their versions. */
  static List<Migration> of(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<ScriptFile> files = new ArrayList<>();
      for (Path file : entries.filter(e -> e.toString().endsWith(".sql")).toList()) {
        files.add(ScriptFile.of(String.valueOf(file.getFileName()), Files.readAllBytes(file)));
      }
      return pair(files);
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not read the scripts in " + folder + ": " + e, e);
    }
  }

  /** Puts each script and the one that takes it back together. */
  private static List<Migration> pair(List<ScriptFile> files) {
    SortedMap<MigrationVersion, ScriptFile> forward = of(files, Direction.FORWARD);
    SortedMap<MigrationVersion, ScriptFile> back = of(files, Direction.BACK);
    List<Migration> migrations = new ArrayList<>();
    forward.forEach(
        (version, file) ->
            migrations.add(
                new Migration(
                    version,
                    file.name(),
                    file.fileName(),
                    file.sql(),
                    Optional.ofNullable(back.remove(version)).map(ScriptFile::sql),
                    file.checksum())));
    for (ScriptFile orphan : back.values()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "Script "
              + orphan.fileName()
              + " takes back a version that has no V script; add it, or remove this one");
    }
    return List.copyOf(migrations);
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
