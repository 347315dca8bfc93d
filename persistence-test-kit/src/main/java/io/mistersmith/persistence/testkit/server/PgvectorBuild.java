package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * pgvector for the embedded PostgreSQL 15. There is no package of it for that server, and one that
 * is built for another distribution does not load; so it is compiled, which takes seconds: the
 * distribution's sources of pgvector (Debian has them from trixie on) against its headers of
 * PostgreSQL 15 (in bookworm).
 */
final class PgvectorBuild {
  static final int MAJOR_VERSION = 15;
  private static final Duration COMPILE_LIMIT = Duration.ofMinutes(5);
  private static final String HOW_TO_GET =
      "Name a server that has pgvector in PG_HOST, PG_PORT, PG_USER and PG_PASSWORD";

  private PgvectorBuild() {}

  /** A copy of the installation in the cache that has the extension. */
  static Path of(Path plain, ServerCache cache) {
    String entry = "postgres/" + plain.getFileName() + "-pgvector";
    return cache.directory(
        entry,
        target -> {
          DirectoryTree.delete(target);
          DirectoryTree.copy(plain, target);
          install(target);
        });
  }

  private static void install(Path home) {
    List<String> missing =
        Stream.of("apt-get", "dpkg", "tar", "gcc")
            .filter(program -> Platform.onPath(program).isEmpty())
            .toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "pgvector cannot be built here, for lack of "
              + String.join(", ", missing)
              + ". "
              + HOW_TO_GET);
    }
    Announcement.say("building pgvector for PostgreSQL 15 in the server cache");
    try {
      Path scratch = Files.createTempDirectory("persistence-pgvector-");
      try {
        build(home, scratch);
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not build pgvector. " + HOW_TO_GET, e);
    }
  }

  private static void build(Path home, Path scratch) throws IOException {
    Path headers =
        new AptArchive("bookworm", Files.createDirectory(scratch.resolve("headers")))
            .unpack("postgresql-server-dev-15")
            .resolve("usr/include/postgresql");
    Path source =
        new AptArchive("trixie", Files.createDirectory(scratch.resolve("source")))
            .unpackSource("pgvector");
    Path library = scratch.resolve("vector.so");
    List<String> gcc = new ArrayList<>(List.of("gcc", "-O2", "-fPIC", "-shared"));
    gcc.addAll(List.of("-o", library.toString()));
    gcc.addAll(List.of("-I" + headers.resolve("15/server"), "-I" + headers.resolve("internal")));
    try (Stream<Path> files = Files.list(source.resolve("src"))) {
      files.filter(file -> file.toString().endsWith(".c")).forEach(file -> gcc.add("" + file));
    }
    gcc.add("-lm");
    CommandRun.check(gcc, COMPILE_LIMIT, scratch);
    Path extensions = home.resolve("share/postgresql/extension");
    Path control = source.resolve("vector.control");
    Files.copy(library, home.resolve("lib/postgresql/vector.so"));
    Files.copy(control, extensions.resolve("vector.control"));
    Files.copy(
        source.resolve("sql/vector.sql"),
        extensions.resolve("vector--" + version(control) + ".sql"));
  }

  private static String version(Path control) throws IOException {
    return Files.readAllLines(control).stream()
        .filter(line -> line.startsWith("default_version"))
        .map(line -> line.replaceAll("[^0-9.]", ""))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(control + " names no default_version"));
  }
}
