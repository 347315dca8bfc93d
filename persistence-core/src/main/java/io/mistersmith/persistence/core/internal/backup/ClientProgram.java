package io.mistersmith.persistence.core.internal.backup;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program of PostgreSQL that a backup or a restore runs. */
enum ClientProgram {
  /** Dumps a database. It refuses servers that are newer than itself. */
  PG_DUMP(false),
  /** Restores a dump. It cannot read one that a newer {@code pg_dump} wrote. */
  PG_RESTORE(false),
  /** Copies a server's files while it runs. */
  PG_BASEBACKUP(false),
  /** Puts a base backup and its increments together. It reads the files of its own version only. */
  PG_COMBINEBACKUP(true);

  /** Also of a version that is not released yet, such as 19beta1. */
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d{1,3})");

  private final boolean exact;

  ClientProgram(boolean exact) {
    this.exact = exact;
  }

  /** Returns the name of its file. */
  String fileName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a program of this major version can do its work for a server of another one. */
  boolean fits(int programVersion, int serverVersion) {
    return exact ? programVersion == serverVersion : programVersion >= serverVersion;
  }

  /** Says which versions fit. */
  String wanted(int serverVersion) {
    return "version " + serverVersion + (exact ? "" : ", or a newer one");
  }

  /** Says which package has the program of a version. */
  static String packages(int serverVersion) {
    return "install the package postgresql-client-"
        + serverVersion
        + " (Debian, Ubuntu), postgresql"
        + serverVersion
        + " (Red Hat) or postgresql@"
        + serverVersion
        + " (Homebrew), or give the directory of its programs with BackupConfig.Builder.programs";
  }

  /**
   * A program that was found.
   *
   * @param kind which one it is
   * @param path its file
   * @param majorVersion the first part of its version
   */
  record Found(ClientProgram kind, Path path, int majorVersion) {}

  /** Returns the major version in what a program prints for {@code --version}. */
  static Optional<Integer> majorVersion(String printed) {
    Matcher found = VERSION.matcher(printed);
    return found.find() ? Optional.of(Integer.valueOf(found.group(1))) : Optional.empty();
  }
}
