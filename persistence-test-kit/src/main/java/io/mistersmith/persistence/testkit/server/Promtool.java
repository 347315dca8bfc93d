package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prometheus' tool that checks rules and runs their unit tests. Found, in this order: on the PATH,
 * in the cache, in the distribution's package prometheus, which is unpacked into the cache without
 * being installed.
 */
public final class Promtool {

  private static final String NAME = "promtool";
  private static final Pattern VERSION = Pattern.compile("promtool, version ([0-9.]+)");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path program;
  private final String version;

  private Promtool(Path program, String version) {
    this.program = program;
    this.version = version;
  }

  /**
   * Finds the tool, or fetches it.
   *
   * @throws IllegalStateException when there is none and none can be fetched; says how to get it
   */
  public static Promtool find() {
    return find(ServerCache.ofUser());
  }

  static Promtool find(ServerCache cache) {
    return Platform.onPath(NAME)
        .flatMap(Promtool::ask)
        .orElseGet(
            () -> {
              Path home = cache.directory(NAME, Promtool::unpack);
              return ask(home.resolve(NAME))
                  .orElseThrow(
                      () ->
                          new IllegalStateException(
                              "The distribution's promtool in %s does not run here. %s"
                                  .formatted(home, howToGet())));
            });
  }

  private static Optional<Promtool> ask(Path path) {
    try {
      Matcher found =
          VERSION.matcher(CommandRun.run(List.of(path.toString(), "--version"), LIMIT).output());
      return found.find() ? Optional.of(new Promtool(path, found.group(1))) : Optional.empty();
    } catch (UncheckedIOException notExecutable) {
      return Optional.empty();
    }
  }

  private static void unpack(Path home) {
    if (!Platform.isLinux()
        || Platform.onPath("apt-get").isEmpty()
        || Platform.onPath("dpkg").isEmpty()) {
      throw new IllegalStateException(
          "promtool is not installed and there is no package source to take it from. "
              + howToGet());
    }
    Announcement.say("fetching promtool into the server cache");
    try {
      Path scratch = Files.createTempDirectory("persistence-promtool-");
      try {
        Path unpacked = new AptArchive(DistributionPackage.release(), scratch).unpack("prometheus");
        Files.copy(
            unpacked.resolve("usr/bin").resolve(NAME),
            home.resolve(NAME),
            StandardCopyOption.COPY_ATTRIBUTES);
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not put promtool into the server cache", e);
    }
  }

  private static String howToGet() {
    return Platform.isMac()
        ? "To get it, run: brew install prometheus"
        : "To get it, run: apt-get install prometheus (or your system's package of that kind)";
  }

  /** Returns its version, such as "2.42.0". */
  public String version() {
    return version;
  }

  /** Runs {@code promtool check rules}; returns what it prints, and fails for what it refuses. */
  public String checkRules(Path file) {
    return run("check", "rules", file.toString());
  }

  /** Runs {@code promtool test rules}; returns what it prints, and fails when a test fails. */
  public String testRules(Path file) {
    return run("test", "rules", file.toString());
  }

  private String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    CommandRun.Result result = CommandRun.run(command, LIMIT);
    if (result.exitCode() != 0) {
      throw new AssertionError(
          String.join(" ", command) + " ended with " + result.exitCode() + ":\n" + result.output());
    }
    return result.output();
  }
}
