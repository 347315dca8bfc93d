package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds PostgreSQL's programs by a version that fits a server: in the configured directories, on
 * the PATH, and where the distributions put several versions side by side. Of those that fit it
 * takes the server's own version before a newer one. Immutable and thread-safe.
 */
final class ProgramSearch {

  /** Debian's program of this name chooses a version by itself, another one for each server. */
  private static final String DEBIAN_WRAPPER = "pg_wrapper";

  private static final List<String> HIGHEST_FIRST = List.of("20", "19", "18", "17", "16", "15");

  private final List<Path> directories;

  private ProgramSearch(List<Path> directories) {
    this.directories = List.copyOf(directories);
  }

  /**
   * Searches in these directories first, then in those of the environment.
   *
   * @param path the value of the variable PATH
   */
  static ProgramSearch of(List<Path> configured, String path) {
    Set<Path> all = new LinkedHashSet<>(configured);
    for (String directory : path.split(File.pathSeparator, -1)) {
      if (!directory.isBlank()) {
        all.add(Path.of(directory));
      }
    }
    for (String version : HIGHEST_FIRST) {
      all.add(Path.of("/usr/lib/postgresql", version, "bin"));
      all.add(Path.of("/usr/pgsql-" + version, "bin"));
      all.add(Path.of("/opt/homebrew/opt/postgresql@" + version, "bin"));
      all.add(Path.of("/usr/local/opt/postgresql@" + version, "bin"));
    }
    return new ProgramSearch(new ArrayList<>(all));
  }

  /** Searches in these directories first, then in those of this process's environment. */
  static ProgramSearch of(List<Path> configured) {
    return of(configured, Optional.ofNullable(System.getenv("PATH")).orElse(""));
  }

  /** Searches in these directories alone. */
  static ProgramSearch only(List<Path> directories) {
    return new ProgramSearch(directories);
  }

  /**
   * Returns a program that fits a server.
   *
   * @throws NonTransientPersistenceException MISCONFIGURED when there is none; the message names
   *     those of other versions that were found, and the package to install
   */
  Found require(ClientProgram kind, int serverVersion) {
    List<Found> found = all(kind);
    return choose(found, serverVersion)
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    kind.fileName()
                        + " of "
                        + kind.wanted(serverVersion)
                        + " is needed for the server; "
                        + others(found)
                        + "; "
                        + ClientProgram.packages(serverVersion)));
  }

  /** Returns a program that fits a server, if there is one. */
  Optional<Found> find(ClientProgram kind, int serverVersion) {
    return choose(all(kind), serverVersion);
  }

  /** Returns the one that fits best: of the server's version, else of the next one. */
  static Optional<Found> choose(List<Found> found, int serverVersion) {
    return found.stream()
        .filter(program -> program.kind().fits(program.majorVersion(), serverVersion))
        .min(Comparator.comparingInt(Found::majorVersion));
  }

  private static String others(List<Found> found) {
    return found.isEmpty()
        ? "none was found"
        : "only "
            + found.stream()
                .map(program -> program.path() + " of version " + program.majorVersion())
                .collect(Collectors.joining(", "))
            + " was found";
  }

  private List<Found> all(ClientProgram kind) {
    Set<Path> seen = new LinkedHashSet<>();
    List<Found> found = new ArrayList<>();
    for (Path directory : directories) {
      Path path = directory.resolve(kind.fileName());
      candidate(path).filter(seen::add).flatMap(real -> ask(kind, path)).ifPresent(found::add);
    }
    return found;
  }

  /** Returns the file itself; empty where it is none that can be run, or chooses versions. */
  private static Optional<Path> candidate(Path path) {
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      return Optional.empty();
    }
    try {
      Path real = path.toRealPath();
      return real.endsWith(DEBIAN_WRAPPER) ? Optional.empty() : Optional.of(real);
    } catch (IOException e) {
      return Optional.empty(); // deleted meanwhile: that is as if it had never been there
    }
  }

  private static Optional<Found> ask(ClientProgram kind, Path path) {
    return ProgramRun.version(path)
        .flatMap(ClientProgram::majorVersion)
        .map(version -> new Found(kind, path, version));
  }
}
