package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.DrillReport.Comparison;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The newest backup is restored into scratch servers, compared, measured and recorded. */
@Tag("fault")
@Tag("backup")
class RestoreDrillIT {

  private static final Duration AROUND = Duration.ofSeconds(Repetitions.of(20, 2));

  @TempDir Path directory;

  @Test
  void aDrillPassesIsRecordedAndEndsTheAlert() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = scene.backUpUnderLoad(BackupKind.CROSS_SYSTEM, AROUND);
      Installation installation = scene.installation();
      installation.execute("UPDATE recovery.schedule SET since = now() - INTERVAL '90 days'");
      assertThat(backups(installation).reason()).contains("the last drill was never made");
      assertThat(backups(installation).status()).isEqualTo(Status.DEGRADED);

      DrillReport report = drill(scene);

      assertThat(report.comparisons()).allSatisfy(one -> assertThat(one.equal()).isTrue());
      assertThat(report.findings()).isEmpty();
      assertThat(report.comparisons())
          .extracting(Comparison::name)
          .contains("KV_" + installation.bucket(), "agents.registry");
      assertThat(report.restore().id()).isEqualTo(made.id());
      assertThat(report.rto()).isPositive();
      assertThat(report.rpo()).isPositive();
      assertThat(
              installation.query(
                  """
                  SELECT concat_ws(' ', test_type, test_status, data_verification_passed, notes,
                           performance_metrics ->> 'rto_seconds' IS NOT NULL)
                    FROM recovery.test_results
                  """))
          .containsExactly("cross_system passed t backup " + made.id() + " t");
      assertThat(backups(installation).status()).isEqualTo(Status.HEALTHY);
      Counts.report(
          "RestoreDrill",
          Tally.NONE,
          "rto_ms=%d rpo_ms=%d bytes=%d compared=%d"
              .formatted(
                  report.rto().toMillis(),
                  report.rpo().toMillis(),
                  report.restore().bytes(),
                  report.comparisons().size()));
    }
  }

  @Test
  void aDrillThatFailsIsRecordedAsWell() {
    try (BackupScene scene = BackupScene.start(directory);
        Backups backups = scene.backups()) {
      BackupManifest made = backups.create(BackupKind.CROSS_SYSTEM, BackupProgress.NONE);
      Drill intoTheOriginal = Drill.ofNewest().into(scene.installation().config());
      assertThatThrownBy(() -> backups.drill(intoTheOriginal, BackupProgress.NONE))
          .isInstanceOf(PersistenceException.class);
      assertThat(
              scene
                  .installation()
                  .query(
                      "SELECT concat_ws(' ', test_status, cardinality(error_messages), notes) FROM"
                          + " recovery.test_results"))
          .containsExactly("failed 1 backup " + made.id());
      assertThat(scene.installation().query("SELECT backup_id FROM recovery.backups"))
          .containsExactly(made.id());
      Counts.report("RestoreDrill refused", Tally.NONE, "recorded=1");
    }
  }

  private static DrillReport drill(BackupScene scene) {
    try (FaultServers scratch = BackupServers.start();
        Backups backups = scene.backups()) {
      Installation empty =
          BackupServers.empty(scratch, scene.installation().namePrefix(), "scratch");
      return backups.drill(Drill.ofNewest().into(empty.config()), BackupProgress.NONE);
    }
  }

  private static Component backups(Installation installation) {
    try (Persistence persistence = installation.open()) {
      return persistence.operations().health().check().component("backups").orElseThrow();
    }
  }
}
