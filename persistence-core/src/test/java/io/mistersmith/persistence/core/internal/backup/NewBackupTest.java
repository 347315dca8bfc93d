package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a backup of both stores is begun, kept consistent, and ended. */
class NewBackupTest {

  private static final String CUT_OFF = "20200101T000000Z-daily";

  private final FakeStores stores = new FakeStores();
  private final MemoryBackupTarget target = new MemoryBackupTarget(stores.clock);

  @AfterEach
  void close() {
    stores.close();
  }

  private BackupManifest make(BackupKind kind) {
    return stores.backUp(kind, target);
  }

  private static void assertError(DataError error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  private List<String> manifests() {
    return target.list("").stream()
        .map(Stored::path)
        .filter(path -> path.endsWith("manifest.json"))
        .toList();
  }

  @Test
  void theStreamOverlapsWhatPostgresHas() {
    stores.duringDump = () -> stores.move(110);

    BackupManifest manifest = make(BackupKind.CROSS_SYSTEM);

    assertThat(stores.calls).containsExactly("dump", "snapshot");
    assertThat(manifest.positions()).containsExactly(new Position(FakeStores.BUCKET, 1, 100, 110));
    assertThat(manifest.streams().get(0).lastSequence()).isGreaterThanOrEqualTo(110);
    assertThat(manifest.installation()).contains(stores.installation().toString());
    assertThat(manifest.versions())
        .containsEntry("postgresql", "16.4")
        .containsEntry("nats", "2.12.2")
        .containsEntry("scripts.core", "17.2.0");
    assertThat(new BackupCatalog(target).manifest(manifest.id())).isEqualTo(manifest);
  }

  @Test
  void nothingIsEvictedUntilTheStreamIsSafe() {
    stores.duringDump = () -> assertThat(stores.mayEvict()).as("during the dump").isFalse();
    stores.duringSnapshot = () -> assertThat(stores.mayEvict()).as("in the snapshot").isFalse();

    assertThat(make(BackupKind.CROSS_SYSTEM).streams()).hasSize(1);

    assertThat(stores.mayEvict()).as("afterwards").isTrue();
  }

  @Test
  void aDumpAloneHoldsUpNoEviction() {
    stores.duringDump = () -> assertThat(stores.mayEvict()).isTrue();

    assertThat(make(BackupKind.DAILY).positions()).isEmpty();
    assertThat(stores.calls).containsExactly("dump");
  }

  /** As after a long garbage collection: what it relied on may have been evicted. */
  @Test
  void aBackupThatLostItsLeaseForAMomentIsVoid() {
    stores.duringDump =
        () -> {
          stores.clock.advance(Duration.ofMinutes(3));
          assertThat(stores.mayEvict()).isTrue();
        };

    assertError(DataError.LEASE_LOST, () -> make(BackupKind.CROSS_SYSTEM));

    assertThat(manifests()).isEmpty();
  }

  @Test
  void aStreamThatEndsBeforeThePositionIsRefused() {
    stores.duringDump = () -> stores.move(130);

    assertError(DataError.CONSISTENCY_VIOLATION, () -> make(BackupKind.CROSS_SYSTEM));

    assertThat(manifests()).isEmpty();
  }

  @Test
  void aSnapshotThatLacksMessagesIsRefused() {
    stores.contained = 21;

    assertError(DataError.CONSISTENCY_VIOLATION, () -> make(BackupKind.CROSS_SYSTEM));

    assertThat(manifests()).isEmpty();
  }

  @Test
  void anEpochThatBeginsMeanwhileVoidsTheBackup() {
    stores.duringDump =
        () -> {
          var unused =
              stores
                  .journals()
                  .startEpoch(
                      FakeStores.BUCKET,
                      stores.journals().position(FakeStores.BUCKET),
                      50,
                      FakeStores.CREATED.plusSeconds(1),
                      "recreated");
        };

    assertError(DataError.CONSISTENCY_VIOLATION, () -> make(BackupKind.CROSS_SYSTEM));

    assertThat(manifests()).isEmpty();
  }

  @Test
  void aBackupThatFailsIsNotWholeAndTheNextOneRemovesIt() {
    stores.duringSnapshot =
        () -> {
          throw new IllegalStateException("the process ends here");
        };
    assertThatThrownBy(() -> make(BackupKind.CROSS_SYSTEM))
        .isInstanceOf(IllegalStateException.class);
    assertThat(target.list("backups/")).isNotEmpty();
    assertThat(new BackupCatalog(target).all())
        .singleElement()
        .satisfies(backup -> assertThat(backup.isUnfinished()).isTrue());

    stores.duringSnapshot = () -> {};
    stores.clock.advance(Duration.ofSeconds(1));
    BackupManifest next = make(BackupKind.CROSS_SYSTEM);

    assertThat(new BackupCatalog(target).all())
        .extracting(BackupCatalog.Listed::id)
        .containsExactly(next.id());
  }

  @Test
  void whatAKilledProcessLeftIsRemovedAndADamagedBackupIsKept() {
    put("backups/" + CUT_OFF + "/begun");
    put("backups/20200102T000000Z-daily/manifest.json");

    BackupManifest made = make(BackupKind.DAILY);

    assertThat(new BackupCatalog(target).all())
        .extracting(BackupCatalog.Listed::id)
        .containsExactly(made.id(), "20200102T000000Z-daily");
  }

  @Test
  void twoBackupsOfOneSecondAreToldApart() {
    assertThat(make(BackupKind.DAILY).id()).endsWith("-daily");

    assertError(DataError.DUPLICATE_KEY, () -> make(BackupKind.DAILY));
  }

  private void put(String path) {
    target.put(path, 1, new ByteArrayInputStream(new byte[] {1}));
  }
}
