package io.mistersmith.persistence.testkit.server;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The properties of this machine that matter for starting servers. */
final class Platform {
  private static final String OS = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);

  private Platform() {}

  static boolean isWindows() {
    return OS.startsWith("windows");
  }

  static boolean isMac() {
    return OS.startsWith("mac");
  }

  static boolean isLinux() {
    return OS.startsWith("linux");
  }

  /** True when this JVM runs as the superuser. */
  static boolean isRoot() {
    return UserProbe.ROOT;
  }

  private static final class UserProbe {
    static final boolean ROOT =
        !isWindows()
            && CommandRun.run(List.of("id", "-u"), Duration.ofSeconds(10)).firstLine().equals("0");
  }

  /** The executable of that name on the PATH. */
  static Optional<Path> onPath(String name) {
    String path = System.getenv("PATH");
    return Stream.of(path == null ? new String[0] : path.split(File.pathSeparator))
        .filter(directory -> !directory.isBlank())
        .map(directory -> Path.of(directory, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }
}
