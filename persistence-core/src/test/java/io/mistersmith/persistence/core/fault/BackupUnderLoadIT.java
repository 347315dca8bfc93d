package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.backup.RestoreReport.RestoredBucket;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both stores are saved while a thousand writes a second go on, destroyed, and restored into new
 * servers: each acknowledged write up to the recorded position is back, and no deleted entry is.
 */
@Tag("fault")
@Tag("backup")
class BackupUnderLoadIT {

  private static final Duration AROUND = Duration.ofSeconds(Repetitions.of(30, 3));

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedUpToThePositionIsBack() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, AROUND);
      scene.servers().close(); // both are gone, with their data
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        long began = System.nanoTime();
        RestoreReport report = restore(scene, restored, made);
        BackupScene.catchUp(restored);
        Duration rto = Duration.ofNanos(System.nanoTime() - began);
        long position = scene.position(made);
        Tally tally = scene.ledger().tally(restored, position, rto);
        Duration took = Duration.between(made.startedAt(), made.completedAt());
        Counts.report(
            "BackupUnderLoad",
            tally,
            "bytes=%d mb_per_s=%.1f restored_mb_per_s=%.1f rpo_writes=%d replayed=%d"
                .formatted(
                    made.size(),
                    made.size() / 1e3 / Math.max(1, took.toMillis()),
                    report.bytes() / 1e3 / Math.max(1, report.took().toMillis()),
                    scene.ledger().acknowledged() - tally.acknowledged(),
                    report.buckets().stream().mapToLong(RestoredBucket::replayed).sum()));
        assertThat(scene.ledger().compare(restored.rows(), position).broken()).isEmpty();
        assertThat(tally.acknowledged()).isPositive();
        scene.assertRead(restored, position);
      }
    }
  }

  private static RestoreReport restore(
      BackupScene scene, Installation restored, BackupManifest made) {
    try (Backups backups = scene.backups(restored)) {
      return backups.restore(made.id(), RestoreOptions.defaults(), BackupProgress.NONE);
    }
  }

  @Test
  void aRestoreIsRefusedWhereAStoreIsNotEmpty() {
    try (BackupScene scene = BackupScene.start(directory);
        Backups backups = scene.backups()) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, Duration.ofSeconds(1));
      List<String> before = scene.installation().query("SELECT count(*) FROM agents.state");
      assertThatThrownBy(
              () -> backups.restore(made.id(), RestoreOptions.defaults(), BackupProgress.NONE))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
      assertThat(scene.installation().query("SELECT count(*) FROM agents.state")).isEqualTo(before);

      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        assertThat(restore(scene, restored, made).buckets()).isNotEmpty();
        assertThatThrownBy(() -> restore(scene, restored, made))
            .as("restored twice")
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
        fresh.report("BackupUnderLoad not empty, and twice", Tally.NONE, "refused=2");
      }
    }
  }

  private static long epoch(BackupManifest made, Installation of) {
    return made.positions().stream()
        .filter(position -> position.bucket().equals(of.bucket()))
        .mapToLong(Position::epoch)
        .findFirst()
        .orElseThrow();
  }

  /** Runtimes that have seen later revisions find a new epoch, and go on. */
  @Test
  void whatIsWrittenAfterARestoreOfAnOlderBackupIsKept() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest older = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, Duration.ofSeconds(1));
      BackupManifest newer = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, Duration.ofSeconds(1));
      assertThat(newer.id()).isGreaterThan(older.id());
      scene.servers().close();
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        RestoreReport report = restore(scene, restored, older);
        assertThat(report.buckets())
            .filteredOn(bucket -> bucket.bucket().equals(restored.bucket()))
            .singleElement()
            .satisfies(bucket -> assertThat(bucket.epoch()).isGreaterThan(epoch(older, restored)));
        Ledger after = new Ledger();
        try (Persistence persistence = restored.open()) {
          AgentId agent = restored.register(persistence, 1).get(0);
          StateRepository<Long> states = persistence.states(Long.class);
          for (long number = 0; number < 100; number++) {
            StateKey key = StateKey.of(agent, "after-" + number % 7);
            after.acknowledged(key, states.save(key, number).revision(), number);
          }
          assertThat(restored.awaitAll(after)).isNotEmpty();
        }
        restored.assertNothingWentBack();
        fresh.report(
            "BackupUnderLoad older",
            scene.ledger().tally(restored, scene.position(older), Duration.ZERO),
            "written_after=%d".formatted(after.acknowledged()));
        assertThat(scene.ledger().compare(restored.rows(), scene.position(older)).broken())
            .isEmpty();
      }
    }
  }
}
