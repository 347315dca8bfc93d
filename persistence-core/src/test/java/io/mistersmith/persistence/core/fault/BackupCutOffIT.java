package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Backups.Entry;
import io.mistersmith.persistence.backup.Verification.Damage;
import io.mistersmith.persistence.backup.Verification.Finding;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup that SIGKILL cuts off at a random moment is never taken for a whole one. */
@Tag("fault")
@Tag("backup")
class BackupCutOffIT {

  private static final int KILLS = Repetitions.of(20, 3);

  /** So much that a slow backup takes about four seconds. */
  private static final int ENTRIES = 200;

  private static final int ENTRY_BYTES = 20_000;
  private static final int LONGEST_MILLIS = 5_000;
  private static final Duration LONGEST_BEGIN = Duration.ofMinutes(3);

  @TempDir Path directory;

  @Test
  void whatWasCutOffIsUnfinishedUntilTheNextBackupRemovesIt() throws IOException {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    int unfinished = 0;
    try (BackupScene scene = BackupScene.start(directory);
        Backups backups = scene.backups()) {
      fill(scene, random);
      for (int kill = 0; kill < KILLS; kill++) {
        killed(scene, backups, kill == 0 ? 0 : random.nextInt(LONGEST_MILLIS));
        unfinished += unfinishedIn(backups);
      }
      assertThat(unfinished).as("unfinished backups, seed %d", seed).isPositive();
      BackupManifest made = backups.create(BackupKind.CROSS_SYSTEM, BackupProgress.NONE);
      assertThat(backups.verify(made.id(), BackupProgress.NONE).findings()).isEmpty();
      assertThat(unfinishedIn(backups)).isZero();
      assertThat(backups.prune(false).unfinished()).isEmpty();
      assertThat(backups.list()).extracting(Entry::id).contains(made.id());
      scene
          .servers()
          .report(
              "BackupCutOff",
              Tally.NONE,
              "seed=%d kills=%d unfinished=%d whole=%d taken_for_whole=0"
                  .formatted(seed, KILLS, unfinished, backups.list().size() - 1));
    }
  }

  /** Returns how many backups are unfinished; fails when a whole one is not whole. */
  private static int unfinishedIn(Backups backups) {
    int unfinished = 0;
    for (Entry entry : backups.list()) {
      List<Finding> findings = backups.verify(entry.id(), BackupProgress.NONE).findings();
      if (entry.manifest().isPresent()) {
        assertThat(findings).as("findings in %s", entry.id()).isEmpty();
        assertHoldsAll(entry.manifest().get());
      } else {
        unfinished++;
        assertThat(findings)
            .as("findings in %s", entry.id())
            .extracting(Finding::damage)
            .contains(Damage.UNFINISHED);
        assertThatThrownBy(() -> backups.manifest(entry.id()))
            .isInstanceOf(PersistenceException.class)
            .hasMessageContaining("unfinished");
      }
    }
    return unfinished;
  }

  /** A manifest without files has no damaged ones. */
  private static void assertHoldsAll(BackupManifest manifest) {
    assertThat(manifest.postgres().dump()).as("dump of %s", manifest.id()).isPresent();
    assertThat(manifest.streams()).as("streams of %s", manifest.id()).isNotEmpty();
    assertThat(manifest.streams())
        .as("streams of %s", manifest.id())
        .allSatisfy(part -> assertThat(part.files()).isNotEmpty());
  }

  private static void fill(BackupScene scene, Random random) {
    try (Persistence persistence = scene.installation().open()) {
      AgentId agent = scene.installation().register(persistence, 1).get(0);
      StateRepository<String> states = persistence.states(String.class);
      for (int i = 0; i < ENTRIES; i++) {
        states.save(StateKey.of(agent, "large-" + i), text(random));
      }
    }
  }

  /** A text that compression gains little on. */
  private static String text(Random random) {
    StringBuilder text = new StringBuilder(ENTRY_BYTES);
    random.ints(ENTRY_BYTES, '!', '~').forEach(c -> text.append((char) c));
    return text.toString();
  }

  private static Set<String> ids(Backups backups) {
    return backups.list().stream().map(Entry::id).collect(Collectors.toSet());
  }

  /** Kills a backup some time after its first file is there, however slow the machine is. */
  private void killed(BackupScene scene, Backups backups, int afterMillis) throws IOException {
    Set<String> before = ids(backups);
    try (ChildJvm child =
        ChildJvm.start(
            BackupProcess.class,
            scene
                .installation()
                .asArguments(
                    List.of(scene.target().toString(), BackupPrograms.in(directory).toString())),
            Map.of(),
            directory.resolve("backups.log"))) {
      assertThat(child.stdout().readLine()).isEqualTo("begun");
      await()
          .atMost(LONGEST_BEGIN)
          .pollInterval(Duration.ofMillis(10))
          .until(() -> !before.containsAll(ids(backups)));
      if (child.awaitExit(Duration.ofMillis(afterMillis)).isEmpty()) {
        child.kill();
      }
    }
    // The leases of a killed backup last for two minutes, which the next one would wait for.
    scene.installation().execute("DELETE FROM agents.journal_leases");
  }
}
