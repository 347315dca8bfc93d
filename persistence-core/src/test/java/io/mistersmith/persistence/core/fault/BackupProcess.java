package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A process that makes a backup of both stores, slowly, until it is killed. It says {@code begun}
 * with the first step, and the id at the end.
 */
final class BackupProcess {

  private static final long SLOW = 2L << 20;

  private BackupProcess() {}

  /** Arguments: the installation's four, the target and the programs. */
  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what is logged must not mix with the lines
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BackupConfig config =
        BackupConfig.builder(installation.config(), new DirectoryTarget(Path.of(args[4])))
            .programs(Path.of(args[5]))
            .bytesPerSecond(SLOW)
            .build();
    try (Backups backups = Backups.open(config)) {
      out.println("begun");
      out.println(backups.create(BackupKind.CROSS_SYSTEM, BackupProgress.NONE).id());
    }
  }
}
