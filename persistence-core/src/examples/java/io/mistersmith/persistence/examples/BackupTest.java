package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.operations.Upkeep.Job;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a runtime makes backups by itself. */
class BackupTest {

  @TempDir Path directory;

  /** Gives an installation a nightly backup, and a drill each month. */
  static PersistenceConfig scheduled(PersistenceConfig installation, Backups backups) {
    MonitoringConfig monitoring =
        installation.monitoring().toBuilder()
            .job(
                "backup",
                "Saves both stores.",
                Duration.ofDays(1),
                () -> backups.create(BackupKind.CROSS_SYSTEM, BackupProgress.NONE).id())
            .job(
                "restore_drill",
                "Restores the newest backup into scratch servers.",
                Duration.ofDays(30),
                () -> passed(backups.drill(Drill.ofNewest(), BackupProgress.NONE)))
            .build();
    return installation.toBuilder().monitoring(monitoring).build();
  }

  /** A drill that found something has failed, as a run of the upkeep. */
  static String passed(DrillReport report) {
    if (!report.passed()) {
      throw new IllegalStateException("the restored stores differ: " + report);
    }
    return "RTO %s, RPO %s".formatted(report.rto(), report.rpo());
  }

  @Test
  void backupsAreJobsOfTheUpkeep() {
    PersistenceConfig installation =
        PersistenceConfig.inMemory()
            .monitoring(MonitoringConfig.builder().upkeep(false).build())
            .build();
    BackupConfig config =
        BackupConfig.builder(installation, new DirectoryTarget(directory)).build();
    try (Backups backups = Backups.open(config);
        Persistence persistence =
            Persistence.open(scheduled(installation, backups), new InMemoryStores())) {
      assertThat(backups.list()).isEmpty();
      assertThat(persistence.operations().upkeep().jobs())
          .extracting(Job::name)
          .contains("backup", "restore_drill");
    }
  }
}
