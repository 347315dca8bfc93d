package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Verification.Damage;
import io.mistersmith.persistence.backup.Verification.Finding;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.base.Ticker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The WAL of a base backup is verified with it. */
class WalVerificationTest {

  private static final String ID = "20261201T231500Z-weekly";

  @TempDir private Path directory;
  private DirectoryTarget target;
  private WalArchive archive;

  /** A base backup that needs the segments 3 and 4, and an archive that goes on to 6. */
  @BeforeEach
  void store() throws IOException {
    target = new DirectoryTarget(directory.resolve("target"));
    archive = new WalArchive(target, Optional.empty());
    Path server = Files.createDirectory(directory.resolve("pg_wal"));
    for (String name : WalFiles.names(1, 3, 6)) {
      long number = Long.parseLong(name.substring(16), 16);
      archive.store(name, WalFiles.segment(server, 1, number));
    }
    byte[] own = "PostgreSQL's own manifest".getBytes(UTF_8);
    String path = BackupPaths.directory(ID) + PostgresPrograms.MANIFEST;
    BasePart plain = WalFiles.base(1, 3, 4);
    BasePart base =
        new BasePart(
            plain.label(),
            plain.startLsn(),
            plain.stopLsn(),
            1,
            plain.startedAt(),
            plain.stoppedAt(),
            List.of(),
            new StoredFile(path, own.length, Digests.sha256Hex(own)),
            Optional.empty());
    put(path, own);
    put(BackupPaths.manifest(ID), ManifestCodec.encode(manifest(base)));
  }

  private void put(String path, byte[] content) {
    target.put(path, content.length, new ByteArrayInputStream(content));
  }

  private static BackupManifest manifest(BasePart base) {
    return new BackupManifest(
        BackupManifest.FORMAT,
        ID,
        BackupKind.WEEKLY,
        base.startedAt(),
        base.stoppedAt(),
        Optional.empty(),
        new TreeMap<>(),
        List.of(),
        new PostgresPart(
            "agents",
            "15.4",
            Optional.empty(),
            Optional.empty(),
            Optional.of(base),
            Optional.of(PostgresPrograms.range(base, WalFiles.SIZE)),
            new TreeMap<>()),
        List.of(),
        List.of());
  }

  private List<Finding> findings() {
    return new BackupVerification(
            target, archive, new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM), Ticker.SYSTEM)
        .verify(ID)
        .findings();
  }

  private static String path(int number) {
    return new WalFileName(WalFiles.names(1, number, number).get(0)).path();
  }

  @Test
  void aWholeChainPasses() {
    assertThat(findings()).isEmpty();
  }

  @Test
  void aMissingSegmentIsNamed() {
    target.delete(path(5));
    assertThat(findings())
        .extracting(Finding::path, Finding::damage)
        .containsExactly(tuple(path(5), Damage.WAL_MISSING));
  }

  @Test
  void aChangedSegmentIsNamed() throws IOException {
    Path stored = directory.resolve("target").resolve(path(4));
    try (RandomAccessFile file = new RandomAccessFile(stored.toFile(), "rw")) {
      file.seek(500_000);
      file.write(1);
    }
    assertThat(findings())
        .extracting(Finding::path, Finding::damage)
        .containsExactly(tuple(path(4), Damage.CHANGED));
  }
}
