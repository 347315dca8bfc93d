package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoredDirectoryTest {

  @TempDir private Path directory;
  private RestoredDirectory restored;

  @BeforeEach
  void make() {
    restored = new RestoredDirectory(directory.resolve("main"));
  }

  private void assertRefused() {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(restored::begin)
        .withMessageContaining("nothing was restored")
        .matches(e -> e.error() == DataError.DUPLICATE_KEY);
  }

  @Test
  void aDirectoryThatDoesNotExistIsMade() throws IOException {
    restored.begin();
    assertThat(restored.data()).isEmptyDirectory();
    assertThat(restored.wal()).isEmptyDirectory();
  }

  @Test
  void aDirectoryWithAnythingInItIsRefusedAndKept() throws IOException {
    Path file = restored.data().resolve("PG_VERSION");
    Files.createDirectories(restored.data());
    Files.writeString(file, "15\n");
    assertRefused();
    assertThat(file).exists();
  }

  @Test
  void aRestoreThatWasCutOffIsBegunAgain() throws IOException {
    restored.begin();
    Files.createDirectories(restored.data().resolve("base/5"));
    Files.writeString(restored.data().resolve("base/5/1259"), "half");
    Files.writeString(restored.wal().resolve("000000010000000000000003"), "half");

    restored.begin();

    assertThat(restored.data()).isEmptyDirectory();
    assertThat(restored.wal()).isEmptyDirectory();
  }

  @Test
  void aRestoreThatEndedIsNotDoneAgain() throws IOException {
    restored.begin();
    Files.writeString(restored.data().resolve("PG_VERSION"), "15\n");
    restored.end();
    assertRefused();
  }

  @Test
  void aDirectoryThatAServerRunsOnIsRefused() throws IOException {
    restored.begin();
    Files.writeString(restored.data().resolve("postmaster.pid"), "1\n");
    assertRefused();
  }
}
