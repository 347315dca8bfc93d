package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.EncryptionConfig.Mode;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written of a file of a backup, and read back. */
class BackupFilesTest {

  private static final String DIRECTORY = "backups/20261201T231500Z-daily/";
  private static final String MASTER = "master";

  private final MemoryBackupTarget target = new MemoryBackupTarget(Clock.systemUTC());
  private final ProgressMeter progress = new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM);
  private final FileKeys keys = new FileKeys(encryption(1, Mode.STRICT));

  private static EncryptionConfig encryption(int key, Mode mode) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) key);
    return EncryptionConfig.builder(KeyProvider.inMemory(Map.of(MASTER, bytes)), MASTER)
        .mode(mode)
        .build();
  }

  private TargetWriter writer(Optional<FileKeys.FileKey> key) {
    RateLimit rate = new RateLimit(1_000_000_000, Ticker.SYSTEM);
    return new TargetWriter(target, DIRECTORY, rate, key, progress);
  }

  private TargetReader reader(Optional<FileKeys> with) {
    return new TargetReader(target, with, progress);
  }

  private static byte[] read(TargetReader reader, StoredFile file) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    reader.read(file, in -> in.transferTo(content));
    return content.toByteArray();
  }

  private static byte[] content(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static void assertError(DataError error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 65_535, 65_536, 65_537, 131_072, 300_001})
  void aPlainFileIsReadAsItWasWritten(int size) throws IOException {
    byte[] content = content(size);

    StoredFile file = writer(Optional.empty()).write("a/b", out -> out.write(content));

    assertThat(file.path()).isEqualTo(DIRECTORY + "a/b");
    assertThat(file.size()).isEqualTo(size);
    assertThat(file.sha256()).isEqualTo(Digests.sha256Hex(content));
    assertThat(target.bytes(file.path())).isEqualTo(content);
    assertThat(read(reader(Optional.empty()), file)).isEqualTo(content);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 65_535, 65_536, 65_537, 131_072, 300_001})
  void anEncryptedFileIsReadAsItWasWritten(int size) throws IOException {
    byte[] content = content(size);

    StoredFile file =
        writer(Optional.of(keys.create()))
            .write(
                "a/b",
                out -> {
                  out.write(content, 0, size / 3);
                  out.write(content, size / 3, size - size / 3);
                });

    assertThat(file.size()).isEqualTo(target.bytes(file.path()).length);
    assertThat(file.sha256()).isEqualTo(Digests.sha256Hex(target.bytes(file.path())));
    if (size > 16) {
      assertThat(new String(target.bytes(file.path()), UTF_8))
          .doesNotContain(new String(content, 0, 16, UTF_8));
    }
    assertThat(read(reader(Optional.of(keys)), file)).isEqualTo(content);
    FileKeys otherProcess = new FileKeys(encryption(1, Mode.STRICT));
    assertThat(read(reader(Optional.of(otherProcess)), file)).isEqualTo(content);
  }

  @Test
  void aChangedByteIsFound() {
    StoredFile plain = writer(Optional.empty()).write("plain", out -> out.write(content(1_000)));
    target.damage(plain.path(), BackupFilesTest::flipped);

    assertThatThrownBy(() -> read(reader(Optional.empty()), plain))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(plain.path())
        .hasMessageContaining("SHA-256");
  }

  @Test
  void aFileThatWasCutOffIsFound() {
    StoredFile plain = writer(Optional.empty()).write("plain", out -> out.write(content(1_000)));
    target.damage(plain.path(), bytes -> Arrays.copyOf(bytes, 999));

    assertThatThrownBy(() -> read(reader(Optional.empty()), plain))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("999 bytes instead of 1000");
  }

  /** A program that is given damaged bytes refuses them for a reason of its own, or crashes. */
  @Test
  void theDamageIsToldWhereItMadeTheUseFail() {
    byte[] content = content(200_000);
    StoredFile plain = writer(Optional.empty()).write("plain", out -> out.write(content));
    StoredFile sealed =
        writer(Optional.of(keys.create())).write("sealed", out -> out.write(content));
    PersistenceException crashed =
        new NonTransientPersistenceException(DataError.CONSISTENCY_VIOLATION, "exit code 139");
    IOException refused = new IOException("not in gzip format");

    for (StoredFile file : List.of(plain, sealed)) {
      assertThatThrownBy(() -> failing(file, crashed)).isSameAs(crashed);
      assertThatThrownBy(() -> failing(file, refused)).isSameAs(refused);
      target.damage(file.path(), BackupFilesTest::flipped);
      assertThatThrownBy(() -> failing(file, crashed))
          .isInstanceOf(DamagedFileException.class)
          .hasMessageContaining(file.path())
          .hasSuppressedException(crashed);
      assertThatThrownBy(() -> failing(file, refused))
          .isInstanceOf(DamagedFileException.class)
          .hasSuppressedException(refused);
    }
  }

  /** To read much only to repeat what is known takes long. */
  @Test
  void aFailureWithAReasonOfItsOwnIsNotAskedForDamages() {
    StoredFile plain = writer(Optional.empty()).write("plain", out -> out.write(content(1_000)));
    target.damage(plain.path(), BackupFilesTest::flipped);
    PersistenceException denied =
        new NonTransientPersistenceException(DataError.ACCESS_DENIED, "permission denied");

    assertThatThrownBy(() -> failing(plain, denied)).isSameAs(denied).hasNoSuppressedExceptions();
  }

  private void failing(StoredFile file, Exception failure) throws IOException {
    reader(Optional.of(new FileKeys(encryption(1, Mode.MIGRATION))))
        .read(
            file,
            in -> {
              assertThat(in.read()).isNotNegative();
              in.close();
              if (failure instanceof IOException e) {
                throw e;
              }
              throw (PersistenceException) failure;
            });
  }

  @Test
  void aConnectionThatIsLostIsNoDamage() {
    byte[] content = content(1_000);
    StoredFile file = writer(Optional.empty()).write("plain", out -> out.write(content));
    InputStream breaking =
        new FilterInputStream(new ByteArrayInputStream(content, 0, 500)) {
          @Override
          public int read(byte[] bytes, int from, int length) throws IOException {
            int read = super.read(bytes, from, length);
            if (read < 0) {
              throw new IOException("connection reset");
            }
            return read;
          }
        };

    assertError(
        DataError.CONNECTION_FAILED,
        () -> new CheckedInput(breaking, file, progress).readAllBytes());
  }

  /** Whatever the manifest says, no byte is read that the key does not vouch for. */
  @Test
  void anEncryptedFileVouchesForItself() {
    StoredFile file =
        writer(Optional.of(keys.create())).write("sealed", out -> out.write(content(200_000)));

    for (int at : new int[] {20, 300, 70_000, 140_000, (int) file.size() - 1}) {
      byte[] changed = target.bytes(file.path());
      changed[at] ^= 1;
      assertRefused("other" + at, changed);
    }
    byte[] whole = target.bytes(file.path());
    int header = whole.length - 200_000 - 4 * SealedFile.TAG;
    int twoSegments = header + 2 * (SealedFile.SEGMENT + SealedFile.TAG);
    assertRefused("short", Arrays.copyOf(whole, twoSegments));
    assertRefused("moved", whole);
  }

  private void assertRefused(String path, byte[] bytes) {
    StoredFile stored = writer(Optional.empty()).write(path, out -> out.write(bytes));
    assertThatThrownBy(() -> read(reader(Optional.of(keys)), stored))
        .as(path)
        .isInstanceOfAny(IOException.class, PersistenceException.class);
  }

  @Test
  void withoutTheKeyNothingIsRead() {
    StoredFile file =
        writer(Optional.of(keys.create())).write("sealed", out -> out.write(content(10)));

    assertError(DataError.UNREADABLE, () -> read(reader(Optional.empty()), file));
    FileKeys others = new FileKeys(encryption(2, Mode.STRICT));
    assertError(DataError.UNREADABLE, () -> read(reader(Optional.of(others)), file));
  }

  @Test
  void aPlainFileIsRefusedWhereEncryptedOnesAreExpected() throws IOException {
    StoredFile file = writer(Optional.empty()).write("plain", out -> out.write(content(10)));

    assertError(DataError.UNREADABLE, () -> read(reader(Optional.of(keys)), file));
    FileKeys migrating = new FileKeys(encryption(1, Mode.MIGRATION));
    assertThat(read(reader(Optional.of(migrating)), file)).isEqualTo(content(10));
  }

  @Test
  void aContentThatFailsLeavesNoFile() {
    TargetWriter writer = writer(Optional.of(keys.create()));

    assertError(
        DataError.CONNECTION_FAILED,
        () ->
            writer.write(
                "a",
                out -> {
                  out.write(content(100_000));
                  throw new IOException("the program died");
                }));

    assertThat(target.list("")).isEmpty();
  }

  @Test
  void aFileIsWrittenOnce() {
    TargetWriter writer = writer(Optional.empty());
    StoredFile first = writer.write("a", out -> out.write(content(10)));

    StoredFile again =
        writer.write(
            "a",
            out -> {
              throw new IOException("called twice");
            });

    assertThat(again).isEqualTo(first);
  }

  private static byte[] flipped(byte[] bytes) {
    bytes[bytes.length / 2] ^= 1;
    return bytes;
  }
}
