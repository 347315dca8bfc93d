package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process that archives is killed with SIGKILL. What it said was stored is stored, and what it
 * was storing is stored by the next one.
 */
@Tag("fault")
class WalArchiveKilledIT {

  private static final int SEGMENTS = 40;
  private static final int KILLS = 5;

  @TempDir private Path directory;

  @Test
  void whatWasReportedIsStored() throws IOException {
    Path server = Files.createDirectory(directory.resolve("pg_wal"));
    for (int number = 1; number <= SEGMENTS; number++) {
      WalFiles.segment(server, 1, number, number);
    }
    Random random = new Random(11);
    for (int i = 0; i < KILLS; i++) {
      Path target = directory.resolve("target-" + i);
      List<String> reported = killedAfter(random.nextInt(SEGMENTS), target, server);
      assertStored(reported, target, server);
      assertThat(killedAfter(SEGMENTS, target, server)).hasSize(SEGMENTS);
      assertStored(WalFiles.names(1, 1, SEGMENTS), target, server);
    }
  }

  /** Kills the process when it has reported so many segments, and returns all that it reported. */
  private List<String> killedAfter(int count, Path target, Path server) throws IOException {
    List<String> reported = new ArrayList<>();
    try (ChildJvm child =
        ChildJvm.start(
            WalStoringProcess.class,
            List.of(target.toString(), server.toString(), Integer.toString(SEGMENTS)),
            Map.of(),
            directory.resolve("child.log"))) {
      BufferedReader lines = child.stdout();
      while (reported.size() < count) {
        String line = lines.readLine();
        assertThat(line).as("the child ended early").isNotNull();
        reported.add(String.valueOf(line));
      }
      child.kill();
      lines.lines().forEach(reported::add);
    }
    return reported;
  }

  private void assertStored(List<String> names, Path target, Path server) {
    WalArchive archive = new WalArchive(new DirectoryTarget(target), Optional.empty());
    Path back = directory.resolve("back");
    for (String name : names) {
      assertThat(archive.fetch(name, back)).as("%s", name).isTrue();
      assertThat(back).hasSameBinaryContentAs(server.resolve(name));
    }
  }
}
