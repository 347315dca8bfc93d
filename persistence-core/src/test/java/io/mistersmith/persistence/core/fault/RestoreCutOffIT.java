package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that SIGKILL cuts off half way is begun again by the same call. */
@Tag("fault")
@Tag("backup")
class RestoreCutOffIT {

  private static final int KILLS = Repetitions.of(10, 2);
  private static final int LONGEST_MILLIS = 3_000;

  @TempDir Path directory;

  @Test
  void theSameCallGoesOn() throws IOException {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, Duration.ofSeconds(2));
      scene.servers().close();
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        for (int kill = 0; kill < KILLS; kill++) {
          killed(scene, restored, made, random.nextInt(LONGEST_MILLIS));
        }
        long began = System.nanoTime();
        boolean completed = restore(scene, restored, made);
        BackupScene.catchUp(restored);
        Duration rto = Duration.ofNanos(System.nanoTime() - began);
        fresh.report(
            "RestoreCutOff",
            scene.ledger().tally(restored, scene.position(made), rto),
            "seed=%d kills=%d completed_by_last=%b".formatted(seed, KILLS, completed));
        assertThat(scene.ledger().compare(restored.rows(), scene.position(made)).broken())
            .isEmpty();
      }
    }
  }

  /** Returns whether it was left to be done; a child may have completed it before it was killed. */
  private static boolean restore(BackupScene scene, Installation restored, BackupManifest made) {
    try (Backups backups = scene.backups(restored)) {
      return backups
          .restore(made.id(), RestoreOptions.defaults(), BackupProgress.NONE)
          .id()
          .equals(made.id());
    } catch (PersistenceException e) {
      assertThat(e.error()).as(e.getMessage()).isEqualTo(DataError.DUPLICATE_KEY);
      assertThat(e).hasMessageContaining("the stores hold all of it already");
      return false;
    }
  }

  private void killed(
      BackupScene scene, Installation restored, BackupManifest made, int afterMillis)
      throws IOException {
    try (ChildJvm child =
        RestoreProcess.begin(scene, restored, BackupPrograms.in(directory), made)) {
      if (child.awaitExit(Duration.ofMillis(afterMillis)).isEmpty()) {
        child.kill();
      }
    }
  }
}
