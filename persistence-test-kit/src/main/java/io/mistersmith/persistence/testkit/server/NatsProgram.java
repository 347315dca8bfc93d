package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A nats-server program and the version that it says it has. Found, in this order: in
 * NATS_SERVER_BIN, on the PATH, in the cache, in the distribution's package.
 *
 * @param path the executable
 * @param version for example "2.15.1"
 */
record NatsProgram(Path path, String version) {
  private static final Pattern VERSION = Pattern.compile("nats-server: v?([0-9]+\\.[0-9]+\\.\\S+)");
  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);

  /** From here on messages can have a time to live of their own, which the newest line is about. */
  private static final int NEWEST_AT_LEAST_MINOR = 11;

  static NatsProgram of(String line, ServerCache cache, Map<String, String> environment) {
    return named(line, environment)
        .or(() -> installed(line))
        .or(() -> cached(line, cache))
        .orElseGet(() -> fetch(line, cache));
  }

  /**
   * The program that the environment names. NATS_SERVER_BIN_OLDEST is for the oldest line alone;
   * NATS_SERVER_BIN serves the newest whatever its version, and the oldest only if it is that old:
   * else the tests of the oldest line would test something else without a word.
   */
  private static Optional<NatsProgram> named(String line, Map<String, String> environment) {
    if (line.equals(NatsOptions.OLDEST)) {
      return fromVariable("NATS_SERVER_BIN_OLDEST", environment)
          .or(() -> fromVariable("NATS_SERVER_BIN", environment).filter(NatsProgram::isOldest));
    }
    return fromVariable("NATS_SERVER_BIN", environment);
  }

  private static Optional<NatsProgram> fromVariable(
      String variable, Map<String, String> environment) {
    String value = environment.getOrDefault(variable, "");
    if (value.isBlank()) {
      return Optional.empty();
    }
    Path path = Path.of(value);
    Optional<NatsProgram> program =
        Files.isRegularFile(path) && Files.isExecutable(path) ? ask(path) : Optional.empty();
    if (program.isEmpty()) {
      throw new IllegalStateException(
          "%s is '%s', which is no nats-server that runs here: give the path of the program, or unset it"
              .formatted(variable, value));
    }
    return program;
  }

  private static Optional<NatsProgram> installed(String line) {
    return Stream.concat(
            Platform.onPath("nats-server").stream(),
            Stream.of("/opt/homebrew/bin/nats-server", "/usr/local/bin/nats-server").map(Path::of))
        .filter(Files::isExecutable)
        .flatMap(path -> ask(path).stream())
        .filter(program -> program.fits(line))
        .findFirst();
  }

  private static Optional<NatsProgram> cached(String line, ServerCache cache) {
    Path note = note(line, cache);
    if (!Files.isRegularFile(note)) {
      return Optional.empty();
    }
    try {
      String version = Files.readString(note).strip();
      Path program = cache.path("nats/" + version).resolve("nats-server");
      return Files.isExecutable(program)
          ? Optional.of(new NatsProgram(program, version))
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + note + "; delete it and try again", e);
    }
  }

  /**
   * The file that remembers which version was found for the line, so that later runs need not ask
   * again.
   */
  private static Path note(String line, ServerCache cache) {
    return cache.path("nats/" + line + ".version");
  }

  private static NatsProgram fetch(String line, ServerCache cache) {
    return cache.locked(
        "nats-" + line, () -> cached(line, cache).orElseGet(() -> unpackPackage(line, cache)));
  }

  private static NatsProgram unpackPackage(String line, ServerCache cache) {
    try {
      Path scratch = Files.createTempDirectory("persistence-fetch-");
      try {
        Path unpacked = DistributionPackage.natsServer(line).unpack(scratch);
        NatsProgram program =
            ask(unpacked)
                .filter(found -> !line.equals(NatsOptions.OLDEST) || found.isOldest())
                .orElseThrow(() -> new IllegalStateException(notThisLine(line, unpacked)));
        Path home =
            cache.directory(
                "nats/" + program.version(),
                target -> {
                  Path file = target.resolve("nats-server");
                  copyProgram(unpacked, file);
                });
        Files.writeString(note(line, cache), program.version());
        return new NatsProgram(home.resolve("nats-server"), program.version());
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not put nats-server into the server cache", e);
    }
  }

  private static String notThisLine(String line, Path unpacked) {
    return "The distribution's nats-server is %s, which is not of the line \"%s\" (or does not run here). %s"
        .formatted(
            ask(unpacked).map(NatsProgram::version).orElse("unknown"),
            line,
            DistributionPackage.howToGet(line));
  }

  private static void copyProgram(Path source, Path target) {
    try {
      Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not copy " + source + " to " + target, e);
    }
  }

  /** Asks the program for its version; empty where it is no nats-server or does not run. */
  static Optional<NatsProgram> ask(Path path) {
    try {
      CommandRun.Result result =
          CommandRun.run(List.of(path.toString(), "--version"), VERSION_LIMIT);
      Matcher matcher = VERSION.matcher(result.output());
      return matcher.find()
          ? Optional.of(new NatsProgram(path, matcher.group(1)))
          : Optional.empty();
    } catch (UncheckedIOException notExecutable) {
      return Optional.empty();
    }
  }

  private boolean isOldest() {
    return version.startsWith("2.9.");
  }

  private boolean fits(String line) {
    if (line.equals(NatsOptions.OLDEST)) {
      return isOldest();
    }
    String[] parts = version.split("\\.", -1);
    int major = Integer.parseInt(parts[0]);
    return major > 2 || (major == 2 && Integer.parseInt(parts[1]) >= NEWEST_AT_LEAST_MINOR);
  }
}
