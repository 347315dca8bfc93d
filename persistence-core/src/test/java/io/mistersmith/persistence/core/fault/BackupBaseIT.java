package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.core.fault.table.Tally;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both stores are saved with a base backup of PostgreSQL while a thousand writes a second go on,
 * destroyed, and restored: first the data directory and the streams, then, once PostgreSQL runs on
 * it, the rest by the same command.
 */
@Tag("fault")
@Tag("backup")
class BackupBaseIT {

  private static final Duration AROUND = Duration.ofSeconds(Repetitions.of(15, 2));

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedUpToThePositionIsBack() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM_BASE, AROUND);
      scene.servers().close();
      try (FaultServers fresh = BackupServers.start()) {
        Path data = directory.resolve("data");
        Installation restored = scene.installation().at(fresh.nats().url()).on(fresh.postgres());
        fresh.postgres().stop();
        long began = System.nanoTime();
        RestoreReport first = restore(scene, restored, made, data);
        assertThat(first.buckets()).as("PostgreSQL does not run yet").isEmpty();
        assertThat(first.remaining()).anyMatch(step -> step.contains("run the same restore again"));

        BackupServers.recover(fresh.postgres(), data, restored);
        RestoreReport second = restore(scene, restored, made, data);
        BackupScene.catchUp(restored);
        Duration rto = Duration.ofNanos(System.nanoTime() - began);
        assertThat(second.buckets()).isNotEmpty();
        long position = scene.position(made);
        Tally tally = scene.ledger().tally(restored, position, rto);
        fresh.report("BackupBase", tally, "bytes=%d".formatted(made.size()));
        assertThat(scene.ledger().compare(restored.rows(), position).broken()).isEmpty();
        assertThat(tally.acknowledged()).isPositive();
        scene.assertRead(restored, position);
      }
    }
  }

  private static RestoreReport restore(
      BackupScene scene, Installation restored, BackupManifest made, Path data) {
    try (Backups backups = scene.backups(restored)) {
      return backups.restore(
          made.id(), RestoreOptions.defaults().dataDirectory(data), BackupProgress.NONE);
    }
  }
}
