package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.model.ScriptSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The sets of scripts that come with the library.
 *
 * <p>Each set is a folder below {@code io/mistersmith/persistence/db}, which no migration tool
 * scans unless it is configured to. {@code sets.txt} there lists the sets, each behind those that
 * it depends on; {@code set.properties} in a folder describes its set, and {@code scripts.txt}
 * lists the files, because not every class loader can list a folder.
 */
public final class BundledSets {
  private static final String ROOT = "/io/mistersmith/persistence/db/";

  private BundledSets() {}

  /** All sets with their descriptions, each behind those that it depends on. */
  public static List<ScriptSet> list() {
    return lines("sets.txt").stream().map(BundledSets::describe).toList();
  }

  /** The core set. */
  public static MigrationSet core() {
    return read(ScriptId.CORE);
  }

  /**
   * Reads a set.
   *
   * @throws MigrationException when there is none of that name
   */
  public static MigrationSet read(String name) {
    List<String> names = lines("sets.txt");
    if (!names.contains(name)) {
      throw new MigrationException(
          Kind.UNKNOWN_SET,
          "There is no bundled set '%s'; use one of %s, or give the folder of a set of your own"
              .formatted(name, names));
    }
    List<ScriptFile> files = new ArrayList<>();
    for (String file : lines(name + "/scripts.txt")) {
      files.add(ScriptFile.of(file, resource(name + "/" + file)));
    }
    return new MigrationSet(name, describe(name).dependsOn(), ScriptFolder.pair(name, files));
  }

  /** The ids of all scripts of all sets. */
  public static Set<ScriptId> ids() {
    return lines("sets.txt").stream()
        .flatMap(
            set ->
                lines(set + "/scripts.txt").stream()
                    .filter(file -> file.startsWith("V"))
                    .map(file -> file.substring(1, file.indexOf("__")))
                    .map(version -> new ScriptId(set, MigrationVersion.parse(version))))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static ScriptSet describe(String name) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text(name + "/set.properties")));
    } catch (IOException e) {
      throw new IllegalStateException("a string could not be read", e);
    }
    List<String> dependsOn =
        Arrays.stream(properties.getProperty("depends-on", "").split(",", -1))
            .map(String::strip)
            .filter(set -> !set.isEmpty())
            .toList();
    return new ScriptSet(name, properties.getProperty("description", ""), dependsOn);
  }

  private static List<String> lines(String file) {
    return text(file).lines().filter(line -> !line.isBlank()).toList();
  }

  private static String text(String file) {
    return new String(resource(file), StandardCharsets.UTF_8);
  }

  private static byte[] resource(String file) {
    try (InputStream in = BundledSets.class.getResourceAsStream(ROOT + file)) {
      if (in == null) {
        throw new IOException(file + " is not in the migrations jar; rebuild it");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT, "Could not read the bundled scripts: " + e.getMessage(), e);
    }
  }
}
