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
 * <p>The bundled ones lie in a folder of this library's own package, one a set, which no migration
 * tool scans unless it is configured to. They are read by the list beside this class, because not
 * every class loader can list a folder.
 */
final class ScriptFolder {
  private static final String ROOT = "/io/mistersmith/persistence/db/";
  private static final List<String> OPTIONAL = List.of("audit", "statements", "tenants", "vector");

  private ScriptFolder() {}

  /** The core set that comes with the library, in the order of its versions. */
  static List<Migration> bundled() {
    return bundled(ScriptId.CORE, "bundled-scripts.txt", ROOT + "core/");
  }

  /** An optional set that comes with the library. */
  static MigrationSet bundled(String set) {
    if (!bundledSets().contains(set)) {
      throw new MigrationException(
          Kind.UNKNOWN_SET,
          "There is no bundled set '%s'; use one of %s, or give the folder of a set of your own"
              .formatted(set, bundledSets()));
    }
    return new MigrationSet(set, bundled(set, list(set), ROOT + set + "/"));
  }

  /** The optional sets that come with the library. */
  static List<String> bundledSets() {
    return OPTIONAL.stream()
        .filter(set -> ScriptFolder.class.getResource(list(set)) != null)
        .toList();
  }

  private static String list(String set) {
    return set + "-scripts.txt";
  }

  private static List<Migration> bundled(String set, String list, String folder) {
    try {
      String names = new String(resource(list), StandardCharsets.UTF_8);
      List<ScriptFile> files = new ArrayList<>();
      for (String name : names.lines().filter(line -> !line.isBlank()).toList()) {
        files.add(ScriptFile.of(name, resource(folder + name)));
      }
      return pair(set, files);
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

  /** {@link #of(String, Path)} in place of the core set. */
  static List<Migration> of(Path folder) {
    return of(ScriptId.CORE, folder).migrations();
  }

  /** The files of a folder that end with {@code .sql}, in the order of their versions. */
  static MigrationSet of(String set, Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<ScriptFile> files = new ArrayList<>();
      for (Path file : entries.filter(e -> e.toString().endsWith(".sql")).toList()) {
        files.add(ScriptFile.of(String.valueOf(file.getFileName()), Files.readAllBytes(file)));
      }
      return new MigrationSet(set, pair(set, files));
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not read the scripts in " + folder + ": " + e, e);
    }
  }

  /** Puts each script and the one that takes it back together. */
  private static List<Migration> pair(String set, List<ScriptFile> files) {
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
