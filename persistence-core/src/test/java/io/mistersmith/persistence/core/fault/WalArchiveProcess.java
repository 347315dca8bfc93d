package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.core.internal.backup.WalArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** Stores a file of the WAL in a directory: the archive command of test servers. */
public final class WalArchiveProcess {

  private WalArchiveProcess() {}

  /** Arguments: the directory, the name of the file, and where it is. */
  public static void main(String[] args) {
    new WalArchive(new DirectoryTarget(Path.of(args[0])), Optional.empty())
        .store(args[1], Path.of(args[2]));
  }

  /** Makes a script that runs it, and returns the setting of PostgreSQL. */
  public static String command(Path directory, Path target) throws IOException {
    Path script = Files.createDirectories(directory).resolve("archive-wal");
    Files.writeString(
        script,
        "#!/bin/sh\nexec '%s' -Xshare:auto -XX:TieredStopAtLevel=1 -cp '%s' %s '%s' \"$1\" \"$2\"\n"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                WalArchiveProcess.class.getName(),
                target));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script + " %f %p";
  }
}
