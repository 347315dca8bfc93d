package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The data directory that a base backup is restored into, with a directory beside it for the WAL
 * and for what is needed on the way. While a restore is under way, a file there says so: a restore
 * that was cut off is recognised by it, and begun again.
 *
 * @param data the data directory
 */
record RestoredDirectory(Path data) {

  private static final String UNFINISHED = "unfinished";
  private static final String SERVER_RUNS = "postmaster.pid";

  /** Returns the directory beside the data; it can be deleted when the recovery has ended. */
  Path beside() {
    Path whole = data.toAbsolutePath().normalize();
    return whole.resolveSibling(whole.getFileName() + ".recovery");
  }

  /** Returns where the server's recovery finds the WAL. */
  Path wal() {
    return beside().resolve("wal");
  }

  /** Returns where a base backup and its increments are unpacked, one directory for each. */
  Path part(int number) {
    return beside().resolve("part-" + number);
  }

  /**
   * Begins a restore: removes what a restore that was cut off has left.
   *
   * @throws NonTransientPersistenceException DUPLICATE_KEY when the directory holds anything else
   */
  void begin() throws IOException {
    if (Files.exists(data.resolve(SERVER_RUNS))) {
      throw refused("a server runs on it, or was killed there");
    }
    if (Files.exists(beside().resolve(UNFINISHED))) {
      for (Path left : content()) {
        ScratchFiles.delete(left);
      }
    } else if (!content().isEmpty()) {
      throw refused("it is not empty");
    }
    ScratchFiles.delete(beside());
    Files.createDirectories(wal());
    DurableFile.write(beside().resolve(UNFINISHED), out -> {});
    Files.createDirectories(data);
  }

  /** Whether a restore has ended, and the server may have been started since. */
  boolean isRestored() {
    try {
      return !Files.exists(beside().resolve(UNFINISHED)) && !content().isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + data, e);
    }
  }

  private List<Path> content() throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.exists(data)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(data)) {
        entries.forEach(found::add);
      }
    }
    return found;
  }

  private NonTransientPersistenceException refused(String why) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        "nothing was restored into " + data + ": " + why + "; give an empty directory");
  }

  /** Ends a restore: from now on the server may be started. */
  void end() throws IOException {
    Files.delete(beside().resolve(UNFINISHED));
  }
}
