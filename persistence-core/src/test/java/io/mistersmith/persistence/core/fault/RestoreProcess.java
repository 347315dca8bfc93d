package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A process that restores a backup until it is killed. It says {@code begun} before. */
final class RestoreProcess {

  private RestoreProcess() {}

  /** Starts one, and returns when it has begun. */
  static ChildJvm begin(
      BackupScene scene, Installation restored, Path programs, BackupManifest made)
      throws IOException {
    ChildJvm child =
        ChildJvm.start(
            RestoreProcess.class,
            restored.asArguments(
                List.of(scene.target().toString(), programs.toString(), made.id())),
            Map.of(),
            scene.directory().resolve("restores.log"));
    assertThat(child.stdout().readLine()).isEqualTo("begun");
    return child;
  }

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
