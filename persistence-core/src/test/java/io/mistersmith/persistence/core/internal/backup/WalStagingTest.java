package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestorePlan;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalStagingTest {

  private static final Instant STOPPED = Instant.parse("2026-12-01T23:00:00Z");
  private static final BasePart BASE = WalFiles.base(1, 3, 4, STOPPED);
  private static final RecoveryTarget LATEST = RecoveryTarget.latest();

  @TempDir private Path directory;
  private WalArchive archive;
  private WalStaging staging;

  /** The segments 3 to 9, each stored an hour after the one before. */
  @BeforeEach
  void store() throws IOException {
    archive = new WalArchive(new DirectoryTarget(directory.resolve("target")), Optional.empty());
    staging = new WalStaging(archive);
    Path server = Files.createDirectory(directory.resolve("pg_wal"));
    for (int number = 3; number <= 9; number++) {
      Path segment = WalFiles.segment(server, 1, number);
      archive.store(name(number), segment);
      Files.setLastModifiedTime(
          stored(number), FileTime.from(STOPPED.plus(Duration.ofHours(number - 3))));
    }
  }

  private static String name(int number) {
    return WalFiles.names(1, number, number).get(0);
  }

  private Path stored(int number) {
    return directory.resolve("target").resolve(new WalFileName(name(number)).path());
  }

  private static RecoveryTarget after(int hours) {
    return new RecoveryTarget.Time(STOPPED.plus(Duration.ofHours(hours)));
  }

  private List<String> needed(RecoveryTarget target) {
    return staging.needed(staging.chain(BASE, target).orElseThrow(), target);
  }

  @Test
  void everySegmentIsNeededForTheLatestState() {
    assertThat(needed(LATEST)).isEqualTo(WalFiles.names(1, 3, 9));
    assertThat(needed(new RecoveryTarget.RestorePoint("p"))).isEqualTo(WalFiles.names(1, 3, 9));
  }

  /** With an hour for clocks that differ: the first that was stored after it is the last. */
  @Test
  void whatWasStoredLongAfterATimeIsNotNeededForIt() {
    assertThat(needed(after(2))).isEqualTo(WalFiles.names(1, 3, 7));
    assertThat(needed(after(9))).isEqualTo(WalFiles.names(1, 3, 9));
  }

  @Test
  void theSegmentsAndTheHistoriesAreBrought() throws IOException {
    Path history = directory.resolve("pg_wal").resolve("00000002.history");
    Files.writeString(history, "1\t" + new Lsn(9 * WalFiles.SIZE + 8) + "\tpromoted\n");
    archive.store("00000002.history", history);
    Path segment = WalFiles.segment(directory.resolve("pg_wal"), 1, 9);
    archive.store("000000020000000000000009", segment);

    Path to = Files.createDirectory(directory.resolve("wal"));
    staging.bring(staging.chain(BASE, LATEST).orElseThrow(), LATEST, to);

    assertThat(to.resolve("00000002.history")).hasSameBinaryContentAs(history);
    assertThat(to.resolve("000000020000000000000009")).hasSameBinaryContentAs(segment);
    assertThat(to.resolve(name(8))).exists();
    assertThat(to.resolve(name(9))).as("of the timeline that was left").doesNotExist();
  }

  @Test
  void aGapIsRefusedForWhatFollowsIt() throws IOException {
    Files.delete(stored(6));
    NonTransientPersistenceException refused =
        catchThrowableOfType(
            NonTransientPersistenceException.class, () -> staging.chain(BASE, LATEST));
    assertThat(refused.error()).isEqualTo(DataError.DATA_CORRUPTION);
    assertThat(refused).hasMessageContaining(name(6));
    assertThat(needed(after(1))).isEqualTo(WalFiles.names(1, 3, 5));
  }

  @Test
  void withoutAnArchiveOnlyTheBaseBackupItselfIsLeft() throws IOException {
    for (int number = 3; number <= 9; number++) {
      Files.delete(stored(number));
    }
    assertThat(staging.chain(BASE, LATEST)).isEmpty();
    assertThat(
            catchThrowableOfType(
                NonTransientPersistenceException.class, () -> staging.chain(BASE, after(1))))
        .hasMessageContaining("the archive of the WAL is empty");
  }

  private RestorePlan plan(Optional<BasePart> base, RecoveryTarget target) {
    PostgresPart part =
        new PostgresPart(
            "agents",
            "17.4",
            Optional.empty(),
            Optional.empty(),
            base,
            Optional.empty(),
            new TreeMap<>());
    return new PitrPlan(ProgramSearch.only(List.of()), archive)
        .of("20261201T231500Z-weekly", part, directory.resolve("data"), target);
  }

  @Test
  void aPlanNamesItsStepsAndSettings() {
    RestorePlan plan = plan(Optional.of(BASE), after(2));
    assertThat(plan.missing()).isEmpty();
    assertThat(plan.steps())
        .anyMatch(step -> step.contains("5 segments") && step.contains(name(7)))
        .anyMatch(step -> step.contains("recovery.signal"));
    assertThat(plan.settings()).contains("recovery_target_time = '2026-12-02 01:00:00.000000+00'");
  }

  @Test
  void aPlanNamesWhatIsMissing() {
    assertThat(plan(Optional.empty(), LATEST).missing())
        .singleElement()
        .asString()
        .contains("no base backup");
    assertThat(plan(Optional.of(BASE), after(-1)).missing())
        .singleElement()
        .asString()
        .contains("ended at 2026-12-01T23:00:00Z");
    BasePart increment =
        new BasePart(
            BASE.label(),
            BASE.startLsn(),
            BASE.stopLsn(),
            1,
            BASE.startedAt(),
            STOPPED,
            List.of(),
            new StoredFile("backups/b/postgresql/backup_manifest", 1, "00"),
            Optional.of(BASE));
    assertThat(plan(Optional.of(increment), LATEST).missing())
        .singleElement()
        .asString()
        .contains("pg_combinebackup of version 17", "postgresql-client-17");
  }
}
