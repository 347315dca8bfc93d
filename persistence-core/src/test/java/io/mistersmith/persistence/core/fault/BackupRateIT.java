package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast a database is saved and restored, beside copying the same bytes, and what that makes of
 * ten gigabytes.
 */
@Tag("fault")
@Tag("backup")
class BackupRateIT {

  /** Rows of 8 kB that compression halves at best. */
  private static final int ROWS = Repetitions.of(65_536, 512);

  private static final double TEN_GIGABYTES = 10e9;

  private static final String BULK =
      """
      CREATE TABLE public.bulk (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
      INSERT INTO public.bulk
      SELECT i, string_agg(md5(i || '-' || j), '')
        FROM generate_series(1, %d) AS i, generate_series(1, 256) AS j
       GROUP BY i
      """;

  @TempDir Path directory;

  @Test
  void savesAndRestoresADumpAtARate() throws IOException {
    try (BackupScene scene = BackupScene.start(directory)) {
      scene.installation().execute(BULK.formatted(ROWS));
      BackupManifest made = save(scene, BackupKind.CROSS_SYSTEM);
      double copied = copy(scene, made);
      try (FaultServers fresh = BackupServers.start()) {
        Installation empty =
            BackupServers.empty(fresh, scene.installation().namePrefix(), "restored");
        RestoreReport restored = restore(scene, empty, made, RestoreOptions.defaults());
        assertRestored(empty);
        report("BackupRate dump", scene, made, copied, seconds(restored.took()));
      }
    }
  }

  /** The time has the recovery of PostgreSQL, up to the end of the second call. */
  @Test
  @Tag("full") // BackupBaseIT restores one in each build
  void savesAndRestoresABaseBackupAtARate() throws IOException {
    try (BackupScene scene = BackupScene.start(directory)) {
      scene.installation().execute(BULK.formatted(ROWS));
      BackupScene.catchUp(scene.installation()); // which is used by a runtime
      BackupManifest made = save(scene, BackupKind.CROSS_SYSTEM_BASE);
      double copied = copy(scene, made);
      try (FaultServers fresh = BackupServers.start()) {
        Installation restored = scene.installation().at(fresh.nats().url()).on(fresh.postgres());
        fresh.postgres().stop();
        Path data = directory.resolve("data");
        RestoreOptions options = RestoreOptions.defaults().dataDirectory(data);
        long began = System.nanoTime();
        restore(scene, restored, made, options);
        BackupServers.recover(fresh.postgres(), data, restored);
        restore(scene, restored, made, options);
        double took = seconds(Duration.ofNanos(System.nanoTime() - began));
        assertRestored(restored);
        report("BackupRate base", scene, made, copied, took);
      }
    }
  }

  private static BackupManifest save(BackupScene scene, BackupKind kind) {
    try (Backups backups = Backups.open(unlimited(scene, scene.installation()))) {
      return backups.create(kind, BackupProgress.NONE);
    }
  }

  private static RestoreReport restore(
      BackupScene scene, Installation into, BackupManifest made, RestoreOptions options) {
    try (Backups backups = Backups.open(unlimited(scene, into))) {
      return backups.restore(made.id(), options, BackupProgress.NONE);
    }
  }

  private static void assertRestored(Installation restored) {
    assertThat(restored.query("SELECT count(*) FROM public.bulk"))
        .containsExactly(Integer.toString(ROWS));
  }

  private static void report(
      String name, BackupScene scene, BackupManifest made, double copied, double took) {
    long database =
        Long.parseLong(
            scene.installation().query("SELECT pg_total_relation_size('public.bulk')").get(0));
    Counts.report(
        name,
        Tally.NONE,
        ("database_bytes=%d backup_bytes=%d saved_s=%.1f restored_s=%.1f copied_s=%.1f"
                + " restored_mb_per_s=%.1f rto_of_10_gb_s=%.0f")
            .formatted(
                database,
                made.size(),
                seconds(Duration.between(made.startedAt(), made.completedAt())),
                took,
                copied,
                database / 1e6 / took,
                TEN_GIGABYTES / database * took));
  }

  private static BackupConfig unlimited(BackupScene scene, Installation of) {
    return BackupConfig.builder(of.config(), new DirectoryTarget(scene.target()))
        .programs(BackupPrograms.in(scene.directory()))
        .bytesPerSecond(100_000_000_000L)
        .build();
  }

  /** Returns how long the files of a backup take to be copied to the same disk. */
  private static double copy(BackupScene scene, BackupManifest made) throws IOException {
    long began = System.nanoTime();
    int number = 0;
    for (StoredFile stored : made.files()) {
      Path copy = scene.directory().resolve("copy-" + number++);
      Files.copy(scene.target().resolve(stored.path()), copy);
      try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
    return seconds(Duration.ofNanos(System.nanoTime() - began));
  }

  private static double seconds(Duration time) {
    return Math.max(1, time.toMillis()) / 1e3;
  }
}
