package io.mistersmith.persistence.testkit.server;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One of PostgreSQL's client programs, which the embedded servers come without. Found, in this
 * order: on the PATH, where the distribution's packages put them, in the cache, in the
 * distribution's package, which is unpacked into the cache without being installed.
 *
 * <p>It may be older than the server: psql runs scripts on a newer one all the same, while pg_dump
 * and pg_basebackup refuse to. Immutable and thread-safe.
 */
public final class PostgresProgram {
  private static final Set<String> NAMES =
      Set.of("psql", "pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup");
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+\\S*)");
  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);
  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

  private final Path path;
  private final Optional<Path> libraries;
  private final String version;

  private PostgresProgram(Path path, Optional<Path> libraries, String version) {
    this.path = path;
    this.libraries = libraries;
    this.version = version;
  }

  /**
   * Finds a program, or fetches it, which is announced.
   *
   * @param name psql, pg_dump, pg_restore, pg_basebackup or pg_verifybackup
   * @throws IllegalArgumentException when it is none of these
   * @throws IllegalStateException when it cannot be had here; the message says which command gets
   *     it
   */
  public static PostgresProgram find(String name) {
    check(name);
    return installed(name).orElseGet(() -> packaged(name, ServerCache.ofUser()));
  }

  private static void check(String name) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "name is '%s': use one of %s".formatted(name, NAMES.stream().sorted().toList()));
    }
  }

  private static Optional<PostgresProgram> installed(String name) {
    return Stream.of(
            Platform.onPath(name).stream(),
            versions(INSTALLED).map(version -> version.resolve("bin").resolve(name)),
            Stream.of(Path.of("/opt/homebrew/bin", name), Path.of("/usr/local/bin", name)))
        .flatMap(paths -> paths)
        .filter(Files::isExecutable)
        .flatMap(path -> ask(path, Optional.empty()).stream())
        .findFirst();
  }

  /** The folders of a version each, the highest first. */
  private static Stream<Path> versions(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Stream.empty();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("\\d+"))
          .sorted(
              Comparator.comparingInt(
                      (Path entry) -> Integer.parseInt(entry.getFileName().toString()))
                  .reversed())
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + folder, e);
    }
  }

  /** The program out of the distribution's package, whatever is installed. */
  static PostgresProgram packaged(String name, ServerCache cache) {
    check(name);
    Path home = cache.directory("postgres-client", PostgresClientPackage::unpack);
    return versions(home.resolve("usr/lib/postgresql"))
        .map(version -> version.resolve("bin").resolve(name))
        .filter(Files::isExecutable)
        .flatMap(path -> ask(path, Optional.of(home.resolve("usr/lib"))).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The distribution's %s in %s does not run here. %s"
                        .formatted(name, home, PostgresClientPackage.howToGet())));
  }

  /** Asks the program for its version; empty where it does not run. */
  private static Optional<PostgresProgram> ask(Path path, Optional<Path> libraries) {
    PostgresProgram unknown = new PostgresProgram(path, libraries, "");
    try {
      Process process = unknown.process(List.of("--version")).redirectErrorStream(true).start();
      if (!process.waitFor(VERSION_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      try (BufferedReader output = process.inputReader()) {
        Matcher matcher = VERSION.matcher(output.lines().collect(Collectors.joining("\n")));
        return matcher.find()
            ? Optional.of(new PostgresProgram(path, libraries, matcher.group(1)))
            : Optional.empty();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while asking " + path + " for its version", e);
    } catch (IOException notExecutable) {
      return Optional.empty();
    }
  }

  /**
   * Makes scripts in a directory that run programs with their libraries, for code that looks for
   * programs by their names. Returns the directory.
   *
   * @param names as in {@link #find}
   */
  public static Path scripts(Path directory, String... names) {
    try {
      Files.createDirectories(directory);
      for (String name : names) {
        Path script = directory.resolve(name);
        if (!Files.exists(script)) {
          Files.writeString(script, find(name).script());
          Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("Could not write scripts into " + directory, e);
    }
  }

  private String script() {
    String run = "exec '%s' \"$@\"\n".formatted(path);
    return libraries
        .map(folder -> "#!/bin/sh\nLD_LIBRARY_PATH='%s' %s".formatted(libraryPath(folder), run))
        .orElse("#!/bin/sh\n" + run);
  }

  /** Where it is. To run it use {@link #process}, which knows its libraries too. */
  public Path path() {
    return path;
  }

  /** The version that it says it has, for example "15.18". */
  public String version() {
    return version;
  }

  /** A process to be started, with the program and these arguments as its command line. */
  public ProcessBuilder process(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(path.toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    libraries.ifPresent(
        folder ->
            builder
                .environment()
                .merge(
                    "LD_LIBRARY_PATH",
                    libraryPath(folder),
                    (theirs, ours) -> ours + File.pathSeparator + theirs));
    return builder;
  }

  /** Libraries are in a folder named after the architecture, such as x86_64-linux-gnu. */
  static String libraryPath(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return String.join(
          File.pathSeparator,
          entries
              .filter(entry -> entry.getFileName().toString().contains("-linux-"))
              .map(Path::toString)
              .sorted()
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + folder, e);
    }
  }
}
