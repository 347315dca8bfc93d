package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.core.backup.DirectoryTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaseTarTest {

  private static final byte[] TABLE = new byte[700];

  /** As PostgreSQL writes it. */
  private static final String MANIFEST =
      """
      { "PostgreSQL-Backup-Manifest-Version": 1,
      "Files": [
      { "Path": "PG_VERSION", "Size": 3, "Last-Modified": "2026-12-01 23:15:00 GMT",
        "Checksum-Algorithm": "CRC32C", "Checksum": "%s" },
      { "Path": "base/5/1259", "Size": 700, "Last-Modified": "2026-12-01 23:15:00 GMT",
        "Checksum-Algorithm": "CRC32C", "Checksum": "%s" }
      ],
      "WAL-Ranges": [
      { "Timeline": 2, "Start-LSN": "0/300028", "End-LSN": "0/4000F8" }
      ],
      "Manifest-Checksum": "00"}
      """
          .formatted(crc32c(text("15\n")), crc32c(TABLE));

  @TempDir private Path directory;

  /** An archive like PostgreSQL's; names with a slash at their end are directories. */
  private static byte[] archive(Object... namesAndContents) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (int i = 0; i < namesAndContents.length; i += 2) {
        TarArchiveEntry entry = new TarArchiveEntry((String) namesAndContents[i], true);
        byte[] content = (byte[]) namesAndContents[i + 1];
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] text(String content) {
    return content.getBytes(UTF_8);
  }

  /** The bytes of the checksum in the order of the server's machine. */
  private static String crc32c(byte[] content) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    byte[] bytes =
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt((int) checksum.getValue())
            .array();
    return HexFormat.of().formatHex(bytes);
  }

  private byte[] base() throws IOException {
    return base(TABLE);
  }

  private byte[] base(byte[] table) throws IOException {
    Path segment = WalFiles.segment(directory, 1, 3);
    return archive(
        "PG_VERSION",
        text("15\n"),
        "base/",
        new byte[0],
        "base/5/",
        new byte[0],
        "base/5/1259",
        table,
        "empty",
        new byte[0],
        "pg_wal/",
        new byte[0],
        "pg_wal/" + segment.getFileName(),
        Files.readAllBytes(segment),
        "backup_manifest",
        text(MANIFEST));
  }

  @Test
  void allFilesAreUnpackedAndNobodyElseMayReadThem() throws IOException {
    Path data = directory.resolve("data");
    BaseTar.unpack(new ByteArrayInputStream(base()), data);

    assertThat(data.resolve("PG_VERSION")).hasContent("15\n");
    assertThat(data.resolve("base/5/1259")).hasBinaryContent(new byte[700]);
    assertThat(data.resolve("empty")).isEmptyFile();
    assertThat(data.resolve("pg_wal/archive_status")).isDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("empty"))))
        .isEqualTo("rw-------");
  }

  @Test
  void theWalGoesToTheArchiveAndTheManifestIsKept() throws IOException {
    WalArchive archive =
        new WalArchive(new DirectoryTarget(directory.resolve("archive")), Optional.empty());
    Path scratch = Files.createDirectory(directory.resolve("scratch"));
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    byte[] base = base();

    Path manifest =
        BaseTar.scan(new TeeInput(new ByteArrayInputStream(base), copy), scratch, archive);

    assertThat(archive.segments()).containsExactly("000000010000000000000003");
    assertThat(copy.toByteArray()).isEqualTo(base);
    BaseManifest read = BaseManifest.read(manifest);
    assertThat(read.timeline()).isEqualTo(2);
    assertThat(read.start()).isEqualTo(Lsn.parse("0/300028"));
    assertThat(read.stop()).isEqualTo(Lsn.parse("0/4000F8"));
    assertThat(read.files()).containsOnlyKeys("PG_VERSION", "base/5/1259");
    assertThat(read.isIncrement()).isFalse();
  }

  /** What the server sent is compared with what it says it sent. */
  @Test
  void aFileThatDoesNotFitTheManifestIsNamed() throws IOException {
    WalArchive archive =
        new WalArchive(new DirectoryTarget(directory.resolve("archive")), Optional.empty());
    byte[] changed = TABLE.clone();
    changed[600] = 1;
    for (byte[] table : List.of(changed, new byte[699])) {
      assertThatIOException()
          .isThrownBy(() -> BaseTar.scan(new ByteArrayInputStream(base(table)), directory, archive))
          .withMessageContaining("base/5/1259");
    }
  }

  @Test
  void anArchiveWithoutAManifestIsNoBackup() throws IOException {
    WalArchive archive = new WalArchive(new DirectoryTarget(directory), Optional.empty());
    assertThatIOException()
        .isThrownBy(
            () ->
                BaseTar.scan(
                    new ByteArrayInputStream(archive("PG_VERSION", text("15\n"))),
                    directory,
                    archive))
        .withMessageContaining("no manifest");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 511, 512, 700, 1024, 2100})
  void anArchiveThatWasCutOffIsFound(int length) throws IOException {
    byte[] cut = Arrays.copyOf(base(), length);
    assertThat(
            catchThrowable(
                () -> BaseTar.unpack(new ByteArrayInputStream(cut), directory.resolve("data"))))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aFlippedByteInAHeaderIsFound() throws IOException {
    byte[] damaged = base();
    damaged[3] ^= 1;
    assertThatIOException()
        .isThrownBy(
            () -> BaseTar.unpack(new ByteArrayInputStream(damaged), directory.resolve("data")))
        .withMessageContaining("checksum");
  }

  @Test
  void nothingIsWrittenOutsideOfTheDirectory() {
    byte[] bad = archive("../outside", text("x"));
    assertThatIOException()
        .isThrownBy(() -> BaseTar.unpack(new ByteArrayInputStream(bad), directory.resolve("data")))
        .withMessageContaining("leads out");
    assertThat(directory.resolve("outside")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "{\"WAL-Ranges\": []}", "{\"Files\": 1}"})
  void anotherFileIsNoManifest(String content) throws IOException {
    Path file = Files.writeString(directory.resolve("backup_manifest"), content);
    assertThat(catchThrowable(() -> BaseManifest.read(file))).isInstanceOf(IOException.class);
  }

  @Test
  void anIncrementIsKnownByItsFiles() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("backup_manifest"),
            MANIFEST.replace("base/5/1259", "base/5/INCREMENTAL.1259"));
    assertThat(BaseManifest.read(file).isIncrement()).isTrue();
  }
}
