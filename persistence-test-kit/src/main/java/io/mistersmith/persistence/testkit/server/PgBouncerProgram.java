package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * PgBouncer's program. Found, in this order: on the PATH, where the distribution's package puts it,
 * in the cache, in the distribution's package, which is unpacked into the cache without being
 * installed.
 *
 * @param path the executable
 * @param libraries the folder of the libraries that came with it, where it was unpacked
 * @param version for example "1.18.0"
 */
record PgBouncerProgram(Path path, Optional<Path> libraries, String version) {
  private static final String NAME = "pgbouncer";
  private static final Pattern VERSION = Pattern.compile("PgBouncer (?:version )?([0-9.]+)");

  /** The one library that a system without PgBouncer may lack; releases name it differently. */
  private static final Pattern LIBRARY = Pattern.compile("libc-?ares2[a-z0-9]*");

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);

  static PgBouncerProgram find(ServerCache cache) {
    return Stream.concat(
            Platform.onPath(NAME).stream(),
            Stream.of("/usr/sbin", "/opt/homebrew/bin", "/usr/local/bin")
                .map(folder -> Path.of(folder, NAME)))
        .filter(Files::isExecutable)
        .flatMap(found -> ask(found, Optional.empty()).stream())
        .findFirst()
        .orElseGet(() -> packaged(cache));
  }

  private static PgBouncerProgram packaged(ServerCache cache) {
    Path home = cache.directory(NAME, PgBouncerProgram::unpack);
    return ask(home.resolve("usr/sbin").resolve(NAME), Optional.of(home.resolve("usr/lib")))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The distribution's pgbouncer in %s does not run here. %s"
                        .formatted(home, howToGet())));
  }

  private static void unpack(Path home) {
    if (!Platform.isLinux()
        || Stream.of("apt-get", "dpkg").anyMatch(tool -> Platform.onPath(tool).isEmpty())) {
      throw new IllegalStateException(
          "PgBouncer is not installed and there is no package source to take it from. "
              + howToGet());
    }
    Announcement.say("fetching PgBouncer into the server cache");
    try {
      Path scratch = Files.createTempDirectory("persistence-pooler-");
      try {
        AptArchive archive = new AptArchive(DistributionPackage.release(), scratch);
        Matcher library = LIBRARY.matcher(archive.dependencies(NAME));
        if (library.find()) {
          archive.unpackInto(library.group(), home);
        }
        archive.unpackInto(NAME, home);
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make a directory to fetch into", e);
    }
  }

  private static Optional<PgBouncerProgram> ask(Path path, Optional<Path> libraries) {
    PgBouncerProgram unknown = new PgBouncerProgram(path, libraries, "");
    try {
      List<String> command = unknown.withLibraries(List.of(path.toString(), "--version"));
      Matcher found = VERSION.matcher(CommandRun.run(command, VERSION_LIMIT).output());
      return found.find()
          ? Optional.of(new PgBouncerProgram(path, libraries, found.group(1)))
          : Optional.empty();
    } catch (UncheckedIOException notExecutable) {
      return Optional.empty();
    }
  }

  /**
   * The command line that runs the program. PgBouncer refuses to run as root, so that root starts
   * it in a user namespace of its own; see {@link PostgresInstallation#program}.
   */
  List<String> command(Path configuration) {
    List<String> command = new ArrayList<>();
    if (Platform.isRoot()) {
      command.addAll(List.of("unshare", "--user"));
    }
    command.addAll(List.of(path.toString(), configuration.toString()));
    return withLibraries(command);
  }

  private List<String> withLibraries(List<String> command) {
    if (libraries.isEmpty()) {
      return command;
    }
    List<String> whole = new ArrayList<>();
    String folders = PostgresProgram.libraryPath(libraries.get());
    whole.addAll(List.of("env", "LD_LIBRARY_PATH=" + folders));
    whole.addAll(command);
    return whole;
  }

  private static String howToGet() {
    return Platform.isMac()
        ? "To get it, run: brew install pgbouncer"
        : "To get it, run: apt-get install pgbouncer (or your system's package of that kind)";
  }
}
