package io.mistersmith.persistence.core.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.contract.BackupTargetContract;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTargetTest extends BackupTargetContract {

  private static final byte[] CONTENT = {1, 2, 3};
  private static final int WRITERS = 4;
  private static final int ROUNDS = 100;

  @TempDir private Path directory;

  @Override
  protected BackupTarget open() {
    return new DirectoryTarget(directory.resolve("new").resolve("place"));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** As a process that was killed leaves it. */
  @Test
  void aPartOfADeadProcessIsNoFile() throws IOException {
    BackupTarget target = open();
    target.put("backups/a/begun", 3, new ByteArrayInputStream(CONTENT));
    Path left = directory.resolve("new/place/backups/a/.base.tar.0b7e");
    Files.write(left, CONTENT);

    assertThat(target.list("")).extracting(Stored::path).containsExactly("backups/a/begun");
    target.delete("backups/a/begun");
    assertThat(left).doesNotExist();
    assertThat(directory.resolve("new/place")).isEmptyDirectory();
  }

  @Test
  void nothingIsLeftBesideAFile() throws IOException {
    BackupTarget target = open();
    target.put("a/b", 3, new ByteArrayInputStream(CONTENT));
    try (Upload upload = target.resume("a/c", BackupTarget.UNKNOWN_SIZE)) {
      upload.write(CONTENT, 0, 3);
      upload.complete();
    }
    try (Upload upload = target.resume("a/d", BackupTarget.UNKNOWN_SIZE)) {
      upload.write(CONTENT, 0, 3);
    }

    assertThat(files()).extracting(file -> String.valueOf(file.getFileName())).contains("b", "c");
    assertThat(files()).hasSize(2);
  }

  @Test
  void aDirectoryWithOtherFilesStays() throws IOException {
    BackupTarget target = open();
    target.put("a/b", 3, new ByteArrayInputStream(CONTENT));
    target.put("a/c", 3, new ByteArrayInputStream(CONTENT));

    target.delete("a/b");

    assertThat(target.list("a/")).extracting(Stored::path).containsExactly("a/c");
  }

  /** Two processes that archive a file of one name are told apart by its content. */
  @Test
  void ofTwoUploadsAtOnceTheFirstWins() throws IOException {
    BackupTarget target = open();
    try (Upload first = target.resume("a/b", BackupTarget.UNKNOWN_SIZE);
        Upload second = target.resume("a/b", BackupTarget.UNKNOWN_SIZE)) {
      first.write(CONTENT, 0, 3);
      second.write(CONTENT, 0, 2);
      first.complete();
      assertThat(catchThrowable(second::complete)).isNotNull();
    }

    assertThat(target.get("a/b", 0).readAllBytes()).isEqualTo(CONTENT);
  }

  /** What looks first and then moves lets two of them through. */
  @Test
  void ofManyThatEndAtOnceExactlyOneWins() throws Exception {
    BackupTarget target = open();
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        String path = "a/" + round;
        CyclicBarrier together = new CyclicBarrier(WRITERS);
        List<Future<Boolean>> stored = new ArrayList<>();
        for (byte writer = 0; writer < WRITERS; writer++) {
          byte[] content = {writer};
          stored.add(threads.submit(() -> isStored(target, path, content, together)));
        }
        List<Byte> winners = new ArrayList<>();
        for (byte writer = 0; writer < WRITERS; writer++) {
          if (stored.get(writer).get()) {
            winners.add(writer);
          }
        }
        assertThat(winners).as("round %d", round).hasSize(1);
        assertThat(target.get(path, 0).readAllBytes()).containsExactly(winners.get(0));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean isStored(
      BackupTarget target, String path, byte[] content, CyclicBarrier together) throws Exception {
    try (Upload upload = target.resume(path, BackupTarget.UNKNOWN_SIZE)) {
      upload.write(content, 0, content.length);
      together.await();
      upload.complete();
      return true;
    } catch (PersistenceException e) {
      assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY);
      return false;
    }
  }
}
