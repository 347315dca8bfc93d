package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * pg_restore that has read the whole dump outlives the restore that SIGKILL ended, and commits
 * while the next one has begun. A lock on the last schema holds it up until then.
 */
@Tag("fault")
@Tag("backup")
class RestoreOutlivedIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Reads the dump to its end before it begins. */
  private static final String READS_ALL =
      """
      #!/bin/sh
      case "$1" in --version) exec '%1$s' "$@";; esac
      cat > '%2$s' && exec '%1$s' "$@" < '%2$s'
      """;

  @TempDir Path directory;

  @Test
  void theNextCallGoesOnFromWhatItCommitted() throws IOException, SQLException {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, Duration.ofSeconds(1));
      scene.servers().close();
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        RestoreReport report;
        try (Connection holder =
                DriverManager.getConnection(restored.jdbcUrl(), restored.user(), "");
            Statement lock = holder.createStatement()) {
          holder.setAutoCommit(false);
          lock.execute("CREATE SCHEMA tasks");
          killed(scene, restored, made);
          CompletableFuture<RestoreReport> next =
              CompletableFuture.supplyAsync(() -> restore(scene, restored, made));
          awaitBlocked(restored, 2);
          holder.rollback();
          report = next.join();
        }
        assertThat(report.id()).isEqualTo(made.id());
        assertThat(report.steps()).extracting(RestoreReport.Step::what).contains("new epochs");
        assertThat(scene.ledger().compare(restored.rows(), scene.position(made)).broken())
            .isEmpty();
        fresh.report(
            "RestoreOutlived",
            scene.ledger().tally(restored, scene.position(made), report.took()),
            "kills=1");
      }
    }
  }

  private static RestoreReport restore(
      BackupScene scene, Installation restored, BackupManifest made) {
    try (Backups backups = scene.backups(restored)) {
      return backups.restore(made.id(), RestoreOptions.defaults(), BackupProgress.NONE);
    }
  }

  /** Begins a restore in a process, and kills that once its program has nothing more to read. */
  private void killed(BackupScene scene, Installation restored, BackupManifest made)
      throws IOException {
    try (ChildJvm child = RestoreProcess.begin(scene, restored, programs(), made)) {
      awaitBlocked(restored, 1);
      child.kill();
    }
  }

  private Path programs() throws IOException {
    Path programs = BackupPrograms.in(directory.resolve("reading"));
    Path program = programs.resolve("pg_restore");
    Path renamed = Files.move(program, programs.resolve("reads_dump"));
    Files.writeString(program, READS_ALL.formatted(renamed, programs.resolve("dump")));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return programs;
  }

  private static void awaitBlocked(Installation restored, int programs) {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                restored
                    .query(
                        """
                        SELECT count(*) FROM pg_stat_activity
                         WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """)
                    .equals(List.of(Integer.toString(programs))));
  }
}
