package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.error.DataError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of the places that keep backups. */
public abstract class BackupTargetContract {

  private static final String PATH = "backups/20261201T231500Z-daily/postgresql/database.dump";

  private BackupTarget target;

  /** For implementations. */
  protected BackupTargetContract() {}

  /** Opens an empty target, the same one until the next test. */
  protected abstract BackupTarget open();

  /** Returns the size of a part that the target uploads by itself. */
  protected int partSize() {
    return 100_000;
  }

  @BeforeEach
  final void openTarget() {
    target = open();
  }

  @AfterEach
  final void closeTarget() {
    target.close();
  }

  private void put(String path, String content) {
    byte[] bytes = bytes(content);
    target.put(path, bytes.length, new ByteArrayInputStream(bytes));
  }

  private byte[] read(String path, long offset) throws IOException {
    try (InputStream in = target.get(path, offset)) {
      return in.readAllBytes();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  void aFileIsReadAsItWasStored() throws IOException {
    put(PATH, "content");

    assertThat(read(PATH, 0)).isEqualTo(bytes("content"));
    assertThat(read(PATH, 3)).isEqualTo(bytes("tent"));
    assertThat(read(PATH, 7)).isEmpty();
    assertThat(read(PATH, 8)).isEmpty();
    Stored found = target.find(PATH).orElseThrow();
    assertThat(found.path()).isEqualTo(PATH);
    assertThat(found.size()).isEqualTo(7);
  }

  @Test
  void anEmptyFileIsAFile() throws IOException {
    put(PATH, "");

    assertThat(read(PATH, 0)).isEmpty();
    assertThat(target.find(PATH)).isPresent();
  }

  @Test
  void whatDoesNotExistIsNotFound() {
    assertThat(target.find(PATH)).isEmpty();
    assertThat(target.list("backups/")).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> target.get(PATH, 0));
    target.delete(PATH);
  }

  @Test
  void theSameContentIsAcceptedAgainAndOtherContentIsRefused() throws IOException {
    put(PATH, "content");
    put(PATH, "content");
    assertFails(DataError.DUPLICATE_KEY, () -> put(PATH, "CONTENT"));
    assertFails(DataError.DUPLICATE_KEY, () -> put(PATH, "other content"));

    assertThat(read(PATH, 0)).isEqualTo(bytes("content"));
  }

  @Test
  void aFileOfAnotherSizeThanAnnouncedIsNotStored() {
    assertFails(
        DataError.DATA_CORRUPTION,
        () -> target.put(PATH, 8, new ByteArrayInputStream(bytes("content"))));
    assertFails(
        DataError.DATA_CORRUPTION,
        () -> target.put(PATH, 6, new ByteArrayInputStream(bytes("content"))));

    assertThat(target.find(PATH)).isEmpty();
  }

  @Test
  void aContentThatFailsLeavesNoFile() throws IOException {
    InputStream failing = InputStream.nullInputStream();
    failing.close();
    InputStream content =
        new SequenceInputStream(new ByteArrayInputStream(bytes("begin")), failing);

    assertFails(DataError.CONNECTION_FAILED, () -> target.put(PATH, 20, content));

    assertThat(target.find(PATH)).isEmpty();
    assertThat(target.list("")).isEmpty();
  }

  @Test
  void filesAreListedByPrefixInOrder() {
    put("wal/1/000000010000000000000002", "b");
    put("wal/1/000000010000000000000001", "a");
    put("wal/10/000000100000000000000001", "c");
    put(PATH, "d");

    assertThat(target.list("wal/1/"))
        .extracting(Stored::path)
        .containsExactly("wal/1/000000010000000000000001", "wal/1/000000010000000000000002");
    assertThat(target.list("wal/1")).hasSize(3);
    assertThat(target.list("wal/1/00000001000000000000000"))
        .extracting(Stored::size)
        .containsExactly(1L, 1L);
    assertThat(target.list("")).hasSize(4);
    assertThat(target.list("none/")).isEmpty();
  }

  @Test
  void aDeletedFileIsGoneAndItsPathFree() throws IOException {
    put(PATH, "content");
    target.delete(PATH);
    assertThat(target.find(PATH)).isEmpty();
    assertThat(target.list("")).isEmpty();

    put(PATH, "other");
    assertThat(read(PATH, 0)).isEqualTo(bytes("other"));
  }

  @Test
  void anUploadThatWasLeftGoesOnWhereItStopped() throws IOException {
    byte[] content = random(2 * partSize() + 1);
    try (Upload upload = target.resume(PATH, content.length)) {
      assertThat(upload.offset()).isZero();
      upload.write(content, 0, partSize());
    }
    assertThat(target.find(PATH)).isEmpty();
    assertThat(target.list("")).isEmpty();

    try (Upload upload = target.resume(PATH, content.length)) {
      int from = (int) upload.offset();
      assertThat(from).isEqualTo(partSize());
      upload.write(content, from, content.length - from);
      upload.complete();
    }

    assertThat(read(PATH, 0)).isEqualTo(content);
    assertThat(target.list("")).hasSize(1);
  }

  @Test
  void anUploadOfUnknownSizeBeginsAnew() throws IOException {
    byte[] content = random(3 * partSize());
    try (Upload upload = target.resume(PATH, BackupTarget.UNKNOWN_SIZE)) {
      upload.write(content, 0, partSize() + 5);
    }
    assertThat(target.find(PATH)).isEmpty();

    try (Upload upload = target.resume(PATH, BackupTarget.UNKNOWN_SIZE)) {
      assertThat(upload.offset()).isZero();
      upload.write(content, 0, 2 * partSize() + 3);
      assertThat(target.find(PATH)).isEmpty();
      upload.complete();
    }

    assertThat(read(PATH, 0)).isEqualTo(Arrays.copyOf(content, 2 * partSize() + 3));
  }

  @Test
  void anUploadReplacesNothing() throws IOException {
    put(PATH, "content");
    try (Upload same = target.resume(PATH, BackupTarget.UNKNOWN_SIZE)) {
      same.write(bytes("content"), 0, 7);
      same.complete();
    }
    try (Upload other = target.resume(PATH, BackupTarget.UNKNOWN_SIZE)) {
      other.write(bytes("CONTENT"), 0, 7);
      assertFails(DataError.DUPLICATE_KEY, other::complete);
    }

    assertThat(read(PATH, 0)).isEqualTo(bytes("content"));
  }

  @Test
  void anUploadOfAnotherSizeThanAnnouncedIsRefused() {
    try (Upload upload = target.resume(PATH, 8)) {
      upload.write(bytes("content"), 0, 7);
      assertFails(DataError.DATA_CORRUPTION, upload::complete);
    }

    assertThat(target.find(PATH)).isEmpty();
  }

  @Test
  void anEmptyUploadIsAFile() throws IOException {
    try (Upload upload = target.resume(PATH, BackupTarget.UNKNOWN_SIZE)) {
      upload.complete();
    }

    assertThat(read(PATH, 0)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/a", "a/", "a//b", "../a", "a/../b", "a/.", "a b", "a\\b", "ä", ".a", "a\n"})
  void anIllegalPathIsRefused(String path) {
    assertFails(DataError.INVALID_KEY, () -> put(path, "content"));
    assertFails(DataError.INVALID_KEY, () -> target.resume(path, 1).close());
  }
}
