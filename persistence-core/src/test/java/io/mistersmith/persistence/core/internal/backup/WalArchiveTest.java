package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalArchiveTest {

  private static final String NAME = "000000010000000000000003";
  private static final String PATH = "wal/00000001/" + NAME;

  @TempDir private Path directory;
  private Path server;
  private DirectoryTarget target;
  private WalArchive archive;

  @BeforeEach
  void open() throws IOException {
    server = Files.createDirectory(directory.resolve("pg_wal"));
    target = new DirectoryTarget(directory.resolve("archive"));
    archive = new WalArchive(target, Optional.empty());
  }

  private static DataError errorOf(ThrowingCallable call) {
    return catchThrowableOfType(PersistenceException.class, call).error();
  }

  @Test
  void aSegmentComesBackAsItWasStored() throws IOException {
    Path segment = WalFiles.segment(server, 1, 3);
    archive.store(NAME, segment);

    assertThat(archive.damage(NAME)).isEmpty();
    Path restored = directory.resolve("RECOVERYXLOG");
    assertThat(archive.fetch(NAME, restored)).isTrue();
    assertThat(restored).hasSameBinaryContentAs(segment);
    assertThat(archive.files()).extracting(Stored::path).containsExactly(PATH);
    assertThat(archive.segmentSize()).contains(WalFiles.SIZE);
    assertThat(target.find(PATH + ".sha256")).isPresent();
  }

  @Test
  void aFileThatIsNotStoredIsNotFound() {
    assertThat(archive.fetch("00000002.history", directory.resolve("h"))).isFalse();
    assertThat(directory.resolve("h")).doesNotExist();
  }

  /** PostgreSQL hands a file over again when it was cut off before it noted the success. */
  @Test
  void theSameContentIsAcceptedAgain() throws IOException {
    Path segment = WalFiles.segment(server, 1, 3);
    archive.store(NAME, segment);
    archive.store(NAME, segment);
    assertThat(archive.segments()).containsExactly(NAME);
  }

  @Test
  void otherContentIsRefusedAndTheFirstStays() throws IOException {
    archive.store(NAME, WalFiles.segment(server, 1, 3, 1));
    byte[] first = Files.readAllBytes(server.resolve(NAME));
    Path second = WalFiles.segment(server, 1, 3, 2);

    assertThat(errorOf(() -> archive.store(NAME, second))).isEqualTo(DataError.DUPLICATE_KEY);
    assertThat(archive.fetch(NAME, directory.resolve("back"))).isTrue();
    assertThat(directory.resolve("back")).hasBinaryContent(first);
  }

  /** As a process that was killed between the two files leaves it. */
  @Test
  void aChecksumWithoutItsFileIsNoStoredFile() throws IOException {
    Path segment = WalFiles.segment(server, 1, 3);
    archive.store(NAME, segment);
    target.delete(PATH);

    assertThat(archive.segments()).isEmpty();
    assertThat(archive.fetch(NAME, directory.resolve("back"))).isFalse();
    archive.store(NAME, segment);
    assertThat(archive.fetch(NAME, directory.resolve("back"))).isTrue();
  }

  @Test
  void aTruncatedOrRenamedSegmentIsRefused() throws IOException {
    Path segment = WalFiles.segment(server, 1, 4);
    assertThat(errorOf(() -> archive.store(NAME, segment))).isEqualTo(DataError.DATA_CORRUPTION);

    Path cut = WalFiles.segment(server, 1, 3);
    try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
      file.setLength(WalFiles.SIZE - 1);
    }
    assertThat(errorOf(() -> archive.store(NAME, cut))).isEqualTo(DataError.DATA_CORRUPTION);
    assertThat(target.list("")).isEmpty();
  }

  /** A timeline begins within the segment, which repeats the pages of the one before. */
  @Test
  void theFirstSegmentOfATimelineIsAccepted() throws IOException {
    Path first = WalFiles.segment(server, 1, 3);
    archive.store("000000020000000000000003", first);
    assertThat(archive.segments()).containsExactly("000000020000000000000003");
  }

  @Test
  void aChangedFileIsNotBroughtBack() throws IOException {
    archive.store(NAME, WalFiles.segment(server, 1, 3));
    Path stored = directory.resolve("archive").resolve(PATH);
    try (RandomAccessFile file = new RandomAccessFile(stored.toFile(), "rw")) {
      file.seek(70_000);
      file.write(1);
    }
    assertThat(archive.damage(NAME)).isPresent();
    Path back = directory.resolve("back");
    assertThat(errorOf(() -> archive.fetch(NAME, back))).isEqualTo(DataError.DATA_CORRUPTION);
    assertThat(back).doesNotExist();
    assertThat(directory.resolve("back.part")).doesNotExist();
  }

  /** What is missing on the server's disk is not archived, and so no success is reported. */
  @Test
  void aFileThatDoesNotExistIsAFailure() {
    assertThat(errorOf(() -> archive.store(NAME, server.resolve(NAME))))
        .isEqualTo(DataError.UNAVAILABLE);
    assertThat(target.list("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../secret", "pg_wal/000000010000000000000003", "0001", "a.history"})
  void otherNamesAreRefused(String name) {
    assertThat(
            catchThrowableOfType(
                NonTransientPersistenceException.class,
                () -> archive.fetch(name, directory.resolve("x"))))
        .hasMessageContaining("is no file of the WAL");
  }

  @Test
  void historiesAreRead() throws IOException {
    Path file = Files.writeString(server.resolve("00000002.history"), "1\t0/5000060\tpromoted\n");
    archive.store("00000002.history", file);
    assertThat(archive.histories())
        .containsExactly(TimelineHistory.parse(2, "1\t0/5000060\tpromoted\n"));
    assertThat(archive.segments()).isEmpty();
  }

  @Test
  void aDamagedChecksumIsNoChecksum() throws IOException {
    Path segment = WalFiles.segment(server, 1, 3);
    byte[] content = "nothing".getBytes(UTF_8);
    target.put(PATH + ".sha256", content.length, new ByteArrayInputStream(content));
    assertThat(errorOf(() -> archive.store(NAME, segment))).isEqualTo(DataError.DATA_CORRUPTION);
    assertThat(archive.segments()).isEmpty();
  }

  @Test
  void anEncryptedFileComesBackWithItsKeyAlone() throws IOException {
    WalArchive first = encrypted(1);
    Path segment = WalFiles.segment(server, 1, 3);
    first.store(NAME, segment);
    encrypted(1).store(NAME, segment); // another process has another data key

    Path back = directory.resolve("back");
    assertThat(encrypted(1).fetch(NAME, back)).isTrue();
    assertThat(back).hasSameBinaryContentAs(segment);
    assertThat(encrypted(1).segmentSize()).contains(WalFiles.SIZE);
    assertThat(Files.mismatch(directory.resolve("archive").resolve(PATH), segment)).isNotNegative();
    assertThat(errorOf(() -> archive.fetch(NAME, back))).isEqualTo(DataError.UNREADABLE);
    assertThat(errorOf(() -> encrypted(2).fetch(NAME, back))).isEqualTo(DataError.UNREADABLE);
  }

  private WalArchive encrypted(int key) {
    byte[] secret = new byte[32];
    secret[0] = (byte) key;
    return new WalArchive(
        target,
        Optional.of(
            EncryptionConfig.builder(KeyProvider.inMemory(Map.of("main", secret)), "main")
                .build()));
  }

  @Test
  void aChangedEncryptedFileIsNotBroughtBack() throws IOException {
    encrypted(1).store(NAME, WalFiles.segment(server, 1, 3));
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("archive").resolve(PATH).toFile(), "rw")) {
      file.seek(70_000);
      int old = file.read();
      file.seek(70_000);
      file.write(old ^ 1);
    }
    Path back = directory.resolve("back");
    assertThat(errorOf(() -> encrypted(1).fetch(NAME, back))).isEqualTo(DataError.DATA_CORRUPTION);
    assertThat(encrypted(1).damage(NAME)).isPresent();
    assertThat(archive.damage(NAME)).as("without the key").isEmpty();
  }
}
