package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Verification;
import io.mistersmith.persistence.backup.Verification.Damage;
import io.mistersmith.persistence.backup.Verification.Finding;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each damage of a backup is found and named. */
class BackupVerificationTest {

  private final FakeStores stores = new FakeStores();
  private final MemoryBackupTarget target = new MemoryBackupTarget(stores.clock);
  private BackupManifest made;

  @BeforeEach
  void make() {
    made = backup();
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private BackupManifest backup() {
    BackupConfig config =
        BackupConfig.builder(PersistenceConfig.inMemory().build(), target).build();
    return new NewBackup(
            config,
            new BackupCatalog(target),
            Optional.empty(),
            stores,
            stores,
            meter(),
            stores.clock)
        .make(BackupKind.CROSS_SYSTEM);
  }

  private static ProgressMeter meter() {
    return new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM);
  }

  private Verification verify(String id) {
    WalArchive archive = new WalArchive(target, Optional.empty());
    return new BackupVerification(target, archive, meter(), Ticker.SYSTEM).verify(id);
  }

  private List<Finding> findings() {
    return verify(made.id()).findings();
  }

  private String manifest() {
    return BackupPaths.manifest(made.id());
  }

  /** Stores another manifest, whose own checksum is right. */
  private void replace(BackupManifest other) {
    target.damage(manifest(), before -> ManifestCodec.encode(other));
  }

  @Test
  void aWholeBackupPasses() {
    Verification verification = verify(made.id());

    assertThat(verification.passed()).isTrue();
    assertThat(verification.files()).isEqualTo(3);
    assertThat(verification.bytes()).isEqualTo(made.size() + target.bytes(manifest()).length);
  }

  @Test
  void aFlippedByteOfEachFileIsNamed() {
    for (StoredFile file : made.files()) {
      byte[] whole = target.bytes(file.path());
      target.damage(file.path(), BackupVerificationTest::flipped);

      assertThat(findings())
          .extracting(Finding::path, Finding::damage)
          .containsExactly(tuple(file.path(), Damage.CHANGED));
      target.damage(file.path(), bytes -> whole);
    }
    assertThat(findings()).isEmpty();
  }

  @Test
  void aMissingFileAndATruncatedOneAreNamed() {
    String dump = made.postgres().dump().orElseThrow().path();
    String snapshot = made.streams().get(0).files().get(0).path();
    target.delete(dump);
    target.damage(snapshot, bytes -> Arrays.copyOf(bytes, bytes.length - 1));

    assertThat(findings())
        .extracting(Finding::path, Finding::damage)
        .containsExactly(tuple(dump, Damage.MISSING), tuple(snapshot, Damage.WRONG_SIZE));
  }

  @Test
  void aChangedManifestIsNamed() {
    target.damage(manifest(), BackupVerificationTest::flipped);

    assertThat(findings())
        .extracting(Finding::path, Finding::damage)
        .containsExactly(tuple(manifest(), Damage.MANIFEST_DAMAGED));
  }

  @Test
  void theManifestOfAnotherBackupIsNamed() {
    stores.clock.advance(Duration.ofSeconds(5));
    BackupManifest other = backup();
    replace(other);

    assertThat(findings())
        .extracting(Finding::path, Finding::damage)
        .containsExactly(tuple(manifest(), Damage.FOREIGN_MANIFEST));
    assertThat(findings().get(0).detail()).contains(other.id());
  }

  @Test
  void aBackupWithoutAManifestIsUnfinished() {
    target.delete(manifest());

    assertThat(findings()).extracting(Finding::damage).containsExactly(Damage.UNFINISHED);
  }

  @Test
  void aSnapshotThatLacksMessagesIsNamed() {
    StreamPart part = made.streams().get(0);
    replace(with(part.with(new Contents(120, 21, "ab".repeat(32))), made.positions()));

    assertThat(findings()).extracting(Finding::damage).containsExactly(Damage.MESSAGES_MISSING);
  }

  @Test
  void aStreamThatEndsBeforeThePositionIsNamed() {
    Position beyond = new Position(FakeStores.BUCKET, 1, 100, 121);
    replace(with(made.streams().get(0), List.of(beyond)));

    assertThat(findings()).extracting(Finding::damage).containsExactly(Damage.GAP);
  }

  @Test
  void aBackupThatDoesNotExistIsNotFound() {
    assertThat(
            catchThrowableOfType(PersistenceException.class, () -> verify("20200101T000000Z-daily"))
                .error())
        .isEqualTo(DataError.NOT_FOUND);
  }

  private BackupManifest with(StreamPart part, List<Position> positions) {
    return new BackupManifest(
        made.format(),
        made.id(),
        made.kind(),
        made.startedAt(),
        made.completedAt(),
        made.installation(),
        made.versions(),
        made.keys(),
        made.postgres(),
        positions,
        List.of(part));
  }

  private static byte[] flipped(byte[] bytes) {
    bytes[bytes.length / 2] ^= 1;
    return bytes;
  }
}
