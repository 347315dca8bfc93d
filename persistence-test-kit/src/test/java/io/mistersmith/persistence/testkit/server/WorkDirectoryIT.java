package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDirectoryIT {
  @TempDir Path temporary;

  @Test
  void onlyWhatADeadJvmLeftIsSweptAway() throws IOException {
    try (ChildJvm child =
        ChildJvm.start(
            StartsServers.class,
            List.of("newest"),
            Map.of("java.io.tmpdir", temporary.toString()),
            temporary.resolve("child.log"))) {
      assertThat(child.stdout().lines().anyMatch(line -> line.equals("started"))).isTrue();
      Instant future = Instant.now().plusSeconds(60);

      WorkDirectory.sweep(temporary, future);
      assertThat(directories()).as("its JVM lives").isEqualTo(1);

      child.kill();
      WorkDirectory.sweep(temporary, Instant.EPOCH);
      assertThat(directories()).as("too young").isEqualTo(1);
      WorkDirectory.sweep(temporary, future);
      assertThat(directories()).as("abandoned").isZero();
    }
  }

  @Test
  void severalJvmsMakeDirectoriesWhileEachSweeps() throws IOException {
    List<ChildJvm> children =
        Stream.generate(
                () ->
                    ChildJvm.start(
                        MakesDirectories.class,
                        List.of("2000"),
                        Map.of("java.io.tmpdir", temporary.toString()),
                        temporary.resolve("child.log")))
            .limit(3)
            .toList();
    try {
      for (ChildJvm child : children) {
        assertThat(child.awaitExit(Duration.ofMinutes(1)))
            .as(() -> contentOf(temporary.resolve("child.log").toFile()))
            .hasValue(0);
      }
    } finally {
      children.forEach(ChildJvm::close);
    }
    assertThat(directories()).isZero();
  }

  @Test
  void whatIsNotDeletedInTimeIsSweptLater() throws IOException {
    WorkDirectory directory = WorkDirectory.create("late");
    Files.writeString(directory.path().resolve("data"), "d");

    directory.close(Duration.ZERO);
    assertThat(directory.path()).isDirectoryContaining("glob:**data");

    assertThat(
            DirectoryTree.delete(directory.path(), directory.path().resolve("none"), () -> false))
        .isTrue();
    assertThat(directory.path()).doesNotExist();
  }

  @Test
  void theLockOfADirectoryIsAmongWhatIsLeft() throws IOException {
    Path left = Files.createDirectory(temporary.resolve("persistence-server-left"));
    Path lock = Files.createFile(left.resolve("owner.lock"));
    Files.createDirectory(left.resolve("base"));
    for (int i = 0; i < 100; i++) {
      Files.createFile(left.resolve("base").resolve("file" + i));
    }

    AtomicInteger asked = new AtomicInteger();
    assertThat(DirectoryTree.delete(left, lock, () -> asked.incrementAndGet() > 101)).isFalse();
    assertThat(lock).exists();
    WorkDirectory.sweep(temporary, Instant.now().plusSeconds(60));
    assertThat(left).doesNotExist();
  }

  private long directories() throws IOException {
    try (Stream<Path> entries = Files.list(temporary)) {
      return entries.filter(Files::isDirectory).count();
    }
  }
}
