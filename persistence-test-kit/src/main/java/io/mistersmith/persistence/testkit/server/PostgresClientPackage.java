package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The package of PostgreSQL's client programs of the system's own release, with the one library
 * that comes from the same sources; the others are those of any system that has TLS.
 */
final class PostgresClientPackage {
  private static final Pattern VERSIONED = Pattern.compile("postgresql-client-\\d+");
  private static final String META_PACKAGE = "postgresql-client";
  private static final String LIBRARY = "libpq5";

  private PostgresClientPackage() {}

  static void unpack(Path home) {
    if (!Platform.isLinux()
        || Stream.of("apt-get", "dpkg").anyMatch(tool -> Platform.onPath(tool).isEmpty())) {
      throw new IllegalStateException(
          "PostgreSQL's client programs are not installed and there is no package source to take"
              + " them from. "
              + howToGet());
    }
    Announcement.say("fetching PostgreSQL's client programs into the server cache");
    try {
      Path scratch = Files.createTempDirectory("persistence-client-");
      try {
        AptArchive archive = new AptArchive(DistributionPackage.release(), scratch);
        Matcher name = VERSIONED.matcher(archive.dependencies(META_PACKAGE));
        if (!name.find()) {
          throw new IllegalStateException(
              "The package " + META_PACKAGE + " names no version. " + howToGet());
        }
        archive.unpackInto(name.group(), home);
        archive.unpackInto(LIBRARY, home);
      } finally {
        DirectoryTree.delete(scratch);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Could not make a directory to fetch into", e);
    }
  }

  /** Says what the user can do where nothing can be fetched. */
  static String howToGet() {
    return Platform.isMac()
        ? "To get them, run: brew install libpq && brew link --force libpq"
        : "To get them, run: apt-get install postgresql-client (or your system's package of that"
            + " kind), so that they are on the PATH";
  }
}
