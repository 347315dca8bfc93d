package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.Verification;
import io.mistersmith.persistence.backup.Verification.Damage;
import io.mistersmith.persistence.backup.Verification.Finding;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.core.internal.backup.ForgedManifest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A verification finds each damage, and names the file and what is wrong with it. */
@Tag("fault")
@Tag("backup")
class BackupDamageIT {

  @TempDir private static Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static BackupScene scene;

  /** A backup of both stores, and a base backup with its WAL. */
  private static final List<BackupManifest> MADE = new ArrayList<>();

  @BeforeAll
  static void save() throws IOException {
    scene = BackupScene.archiving(directory);
    MADE.clear();
    for (BackupKind kind : List.of(BackupKind.CROSS_SYSTEM, BackupKind.WEEKLY)) {
      MADE.add(scene.backUpUnderLoad(kind, Duration.ofSeconds(1)));
    }
  }

  @AfterAll
  static void stop() {
    scene.close();
  }

  @AfterEach
  void report(TestInfo test) {
    Counts.report("BackupDamage", Tally.NONE, test.getDisplayName());
  }

  private static Verification verify(BackupManifest made) {
    try (Backups backups = scene.backups()) {
      return backups.verify(made.id(), BackupProgress.NONE);
    }
  }

  private static Path file(String path) {
    return scene.target().resolve(path);
  }

  private static Path manifest(BackupManifest made) {
    return file("backups/" + made.id() + "/manifest.json");
  }

  /** Does something to a file, and has the backup verified; the file is as before afterwards. */
  private static List<Finding> after(BackupManifest made, Path file, Damaging damaging)
      throws IOException {
    Path kept = directory.resolve("kept");
    Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
    try {
      damaging.damage(file);
      return verify(made).findings();
    } finally {
      Files.copy(kept, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** What is done to a file. */
  @FunctionalInterface
  private interface Damaging {
    void damage(Path file) throws IOException;
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x10;
    Files.write(file, bytes);
  }

  private static void truncate(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }

  private static void assertNamed(List<Finding> findings, String path, Damage damage) {
    assertThat(findings)
        .as("%s of %s", damage, path)
        .anySatisfy(
            finding -> {
              assertThat(finding.path()).isEqualTo(path);
              assertThat(finding.damage()).isEqualTo(damage);
              assertThat(finding.detail()).isNotBlank();
            });
  }

  @Test
  void wholeBackupsPass() {
    assertThat(MADE)
        .allSatisfy(
            made -> {
              Verification verification = verify(made);
              assertThat(verification.findings()).isEmpty();
              assertThat(verification.bytes()).isGreaterThanOrEqualTo(made.size());
            });
  }

  @Test
  void aFlippedByteIsFoundInEveryFile() throws IOException {
    for (BackupManifest made : MADE) {
      for (StoredFile stored : made.files()) {
        if (stored.size() > 0) {
          List<Finding> findings = after(made, file(stored.path()), BackupDamageIT::flip);
          assertNamed(findings, stored.path(), Damage.CHANGED);
        }
      }
    }
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    for (BackupManifest made : MADE) {
      for (StoredFile stored : made.files()) {
        List<Finding> findings = after(made, file(stored.path()), Files::delete);
        assertNamed(findings, stored.path(), Damage.MISSING);
      }
    }
  }

  @Test
  void aTruncatedFileIsFound() throws IOException {
    for (BackupManifest made : MADE) {
      for (StoredFile stored : made.files()) {
        if (stored.size() > 1) {
          List<Finding> findings = after(made, file(stored.path()), BackupDamageIT::truncate);
          assertNamed(findings, stored.path(), Damage.WRONG_SIZE);
        }
      }
    }
  }

  @Test
  void aMissingSegmentOfTheWalIsFound() throws IOException {
    BackupManifest made = MADE.get(1);
    WalRange range = made.postgres().wal().orElseThrow();
    Path segment = file("wal").resolve(range.first().substring(0, 8)).resolve(range.first());
    assertThat(segment).exists();
    assertThat(after(made, segment, Files::delete))
        .extracting(Finding::damage)
        .contains(Damage.WAL_MISSING);
  }

  @Test
  void aManifestThatIsChangedOrOfAnotherBackupOrMissingIsFound() throws IOException {
    for (BackupManifest made : MADE) {
      String path = "backups/" + made.id() + "/manifest.json";
      assertNamed(after(made, manifest(made), BackupDamageIT::flip), path, Damage.MANIFEST_DAMAGED);
      assertNamed(after(made, manifest(made), Files::delete), path, Damage.UNFINISHED);
    }
    BackupManifest first = MADE.get(0);
    Path other = manifest(MADE.get(1));
    assertNamed(
        after(
            first,
            manifest(first),
            file -> Files.copy(other, file, StandardCopyOption.REPLACE_EXISTING)),
        "backups/" + first.id() + "/manifest.json",
        Damage.FOREIGN_MANIFEST);
  }

  @Test
  void aSnapshotThatLacksMessagesIsFound() throws IOException {
    BackupManifest made = MADE.get(0);
    assertThat(after(made, manifest(made), ForgedManifest::lackingMessages))
        .extracting(Finding::damage)
        .contains(Damage.MESSAGES_MISSING);
  }

  /** Whatever the programs make of the damaged bytes, the restore names the file. */
  @Test
  void aDamagedBackupIsNotRestored() throws IOException {
    BackupManifest dumped = MADE.get(0);
    BackupManifest based = MADE.get(1);
    RestoreOptions defaults = RestoreOptions.defaults();
    assertNotRestored(dumped, dumped.postgres().dump().orElseThrow(), defaults);
    assertNotRestored(
        based,
        based.postgres().base().orElseThrow().files().get(0),
        defaults.dataDirectory(directory.resolve("data")));
  }

  private static void assertNotRestored(
      BackupManifest made, StoredFile damaged, RestoreOptions options) throws IOException {
    try (FaultServers fresh = BackupServers.start();
        Backups backups =
            scene.backups(
                BackupServers.empty(fresh, scene.installation().namePrefix(), "restored"))) {
      List<Finding> found =
          after(
              made,
              file(damaged.path()),
              file -> {
                flip(file);
                assertThatThrownBy(() -> backups.restore(made.id(), options, BackupProgress.NONE))
                    .hasMessageContaining(damaged.path())
                    .isInstanceOfSatisfying(
                        PersistenceException.class,
                        e -> assertThat(e.error()).isEqualTo(DataError.DATA_CORRUPTION));
              });
      assertNamed(found, damaged.path(), Damage.CHANGED);
    }
  }
}
