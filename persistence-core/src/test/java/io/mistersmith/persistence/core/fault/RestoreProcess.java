package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A process that restores a backup until it is killed. It says {@code begun} before. */
final class RestoreProcess {

  private RestoreProcess() {}

  /** Arguments: the installation's four, the target, the programs, and the backup. */
  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what is logged must not mix with the lines
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BackupConfig config =
        BackupConfig.builder(installation.config(), new DirectoryTarget(Path.of(args[4])))
            .programs(Path.of(args[5]))
            .build();
    try (Backups backups = Backups.open(config)) {
      out.println("begun");
      out.println(
          backups
              .restore(args[6], RestoreOptions.defaults(), BackupProgress.NONE)
              .took()
              .toMillis());
    }
  }
}
