package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A package of the system's own distribution that has a program, unpacked without being installed.
 *
 * @param name the package
 * @param suite the release to take it from
 * @param component the archive's part that holds it
 * @param source the archive
 * @param program where the package has its program
 */
record DistributionPackage(
    String name, String suite, String component, AptSource source, String program) {
  private static final Path ETC_APT = Path.of("/etc/apt");
  private static final Path OS_RELEASE = Path.of("/etc/os-release");

  /** The package for a line of nats-server. Debian has 2.9 in bookworm, and the newest in sid. */
  static DistributionPackage natsServer(String line) {
    if (!Platform.isLinux()
        || Platform.onPath("apt-get").isEmpty()
        || Platform.onPath("dpkg").isEmpty()) {
      throw new IllegalStateException(
          "There is no nats-server (%s) here and no package source to take one from. %s"
              .formatted(line, howToGet(line)));
    }
    return natsServer(line, osRelease(), AptSource.ofSystem(ETC_APT));
  }

  static DistributionPackage natsServer(
      String line, Map<String, String> osRelease, List<AptSource> sources) {
    boolean debian = osRelease.getOrDefault("ID", "").equals("debian");
    String component = debian ? "main" : "universe";
    String codename = osRelease.getOrDefault("VERSION_CODENAME", "sid");
    AptSource source =
        archive(sources, codename, component)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "No package source in %s is for \"%s %s\", to take nats-server (%s) from. %s"
                            .formatted(ETC_APT, codename, component, line, howToGet(line))));
    String debianSuite = line.equals(NatsOptions.OLDEST) ? "bookworm" : "sid";
    return new DistributionPackage(
        "nats-server", debian ? debianSuite : codename, component, source, "usr/sbin/nats-server");
  }

  /** The source of the system's own release: further sources are other people's archives. */
  private static Optional<AptSource> archive(
      List<AptSource> sources, String codename, String component) {
    List<String> names = List.of(codename, "stable", "testing", "unstable", "sid");
    return names.stream()
        .flatMap(
            name ->
                sources.stream()
                    .filter(
                        source ->
                            source.suites().contains(name)
                                && source.components().contains(component)))
        .findFirst();
  }

  /** Says what the user can do where nothing can be fetched. */
  static String howToGet(String line) {
    String command =
        Platform.isMac()
            ? "run: brew install nats-server"
            : "install nats-server with your package manager";
    return line.equals(NatsOptions.OLDEST)
        ? "Get a nats-server 2.9 and name it in NATS_SERVER_BIN_OLDEST, or use -Dpersistence.test.servers=containers"
        : "To get it, "
            + command
            + ", name another one in NATS_SERVER_BIN, or name a running one in NATS_SERVERS";
  }

  /** Fetches and unpacks the package below the directory; returns its program. */
  Path unpack(Path scratch) {
    Announcement.say(
        "fetching the package %s of %s, to be unpacked into the server cache"
            .formatted(name, suite));
    return new AptArchive(source, suite, component, scratch).unpack(name).resolve(program);
  }

  /** The code name of the system's own release. */
  static String release() {
    return osRelease().getOrDefault("VERSION_CODENAME", "sid");
  }

  private static Map<String, String> osRelease() {
    try {
      return Files.readAllLines(OS_RELEASE).stream()
          .filter(line -> line.indexOf('=') > 0)
          .collect(
              Collectors.toMap(
                  line -> line.substring(0, line.indexOf('=')),
                  line -> line.substring(line.indexOf('=') + 1).replace("\"", ""),
                  (first, second) -> second));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + OS_RELEASE, e);
    }
  }
}
