package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.ProgramFailedException;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.util.List;
import java.util.Locale;

/** Translates the end of a program into a typed failure, by what it printed. */
final class ProgramFailures {

  private record Sign(DataError error, boolean passes, String fix, List<String> words) {

    boolean isIn(String text) {
      return words.stream().anyMatch(text::contains);
    }
  }

  /** The first that is found counts: a refused login is printed as a failed connection, too. */
  private static final List<Sign> SIGNS =
      List.of(
          new Sign(
              DataError.MISCONFIGURED,
              false,
              "; install the programs of the server's version",
              List.of(
                  "server version mismatch", "incompatible server version", "unsupported version")),
          new Sign(
              DataError.ACCESS_DENIED,
              false,
              "; give the user of the role MIGRATION the attribute REPLICATION, a line for"
                  + " replication in pg_hba.conf, and the right to read all tables",
              List.of(
                  "authentication failed",
                  "permission denied",
                  "no pg_hba.conf entry",
                  "must be superuser",
                  "must be replication role",
                  "row-level security",
                  "no password supplied")),
          new Sign(
              DataError.MISCONFIGURED,
              false,
              "; the server has several tablespaces, and a base backup takes one alone: move the"
                  + " tables to pg_default, or make backups of the kind daily",
              List.of("can only write single tablespace to stdout")),
          new Sign(
              DataError.MISCONFIGURED,
              false,
              "; set summarize_wal to on, and make a whole base backup next",
              List.of("wal summaries are required", "wal summarization is not progressing")),
          new Sign(
              DataError.MISCONFIGURED,
              false,
              "; raise max_wal_senders and max_replication_slots",
              List.of("max_wal_senders", "all replication slots are in use")),
          new Sign(
              DataError.NOT_FOUND,
              false,
              "; create it, or correct its name",
              List.of("does not exist")),
          new Sign(
              DataError.DUPLICATE_KEY,
              false,
              "; restore into a database that holds no objects",
              List.of("already exists", "duplicate key value")),
          new Sign(
              DataError.DATA_CORRUPTION,
              false,
              "",
              List.of(
                  "checksum verification failed",
                  "checksum mismatch",
                  "valid archive",
                  "input file",
                  "could not uncompress")),
          new Sign(DataError.STORE_FULL, false, "", List.of("no space left on device")),
          new Sign(
              DataError.UNAVAILABLE,
              true,
              "",
              List.of("starting up", "shutting down", "too many connections", "too many clients")),
          new Sign(
              DataError.CONNECTION_FAILED,
              true,
              "",
              List.of(
                  "could not connect",
                  "connection to server",
                  "connection refused",
                  "server closed the connection",
                  "terminating connection",
                  "could not receive data",
                  "lost synchronization")));

  private ProgramFailures() {}

  /** Returns the typed failure of a program that ended with an error. */
  static PersistenceException of(String program, int exitCode, String stderr) {
    ProgramFailedException cause = new ProgramFailedException(program, exitCode, stderr);
    String message = program + " failed with the exit code " + exitCode + ": " + reason(stderr);
    String text = stderr.toLowerCase(Locale.ROOT);
    return SIGNS.stream()
        .filter(sign -> sign.isIn(text))
        .findFirst()
        .map(sign -> failure(sign, message, cause))
        .orElseGet(
            () ->
                new NonTransientPersistenceException(
                    DataError.CONSISTENCY_VIOLATION, message, cause));
  }

  private static PersistenceException failure(
      Sign sign, String message, ProgramFailedException cause) {
    return sign.passes()
        ? new TransientPersistenceException(sign.error(), message + sign.fix(), cause)
        : new NonTransientPersistenceException(sign.error(), message + sign.fix(), cause);
  }

  /** Returns the last line that tells of an error, else the last line. */
  private static String reason(String stderr) {
    List<String> lines = stderr.lines().toList();
    if (lines.isEmpty()) {
      return "it printed no error";
    }
    for (int i = lines.size() - 1; i >= 0; i--) {
      String line = lines.get(i);
      if (line.contains("error:") || line.contains("FATAL") || line.contains("ERROR")) {
        return line;
      }
    }
    return lines.get(lines.size() - 1);
  }
}
