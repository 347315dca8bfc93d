package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.DrillReport.Comparison;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A drill compares tables as the dump left them: a replay changes some of them. */
class RestoreDrillTest {

  private static final PersistenceConfig ANY = PersistenceConfig.inMemory().build();
  private static final TableContents SAVED = new TableContents(100, "-17");
  private static final TableContents OTHER = new TableContents(100, "-18");

  private final FakeStores stores = new FakeStores();
  private final MemoryBackupTarget target = new MemoryBackupTarget(stores.clock);

  @AfterEach
  void close() {
    stores.close();
  }

  /** These stores, which stay open. */
  private BackupStores opened(PersistenceConfig config) {
    return (BackupStores)
        Proxy.newProxyInstance(
            BackupStores.class.getClassLoader(),
            new Class<?>[] {BackupStores.class},
            (self, method, arguments) ->
                method.getName().equals("close") ? null : method.invoke(stores, arguments));
  }

  private void holds(TableContents contents) {
    stores.tables.put("agents.state_3", contents);
  }

  private DrillReport drill(Consumer<Runnable> restore) {
    BackupConfig config = BackupConfig.builder(ANY, target).build();
    BackupManifest made = stores.backUp(BackupKind.CROSS_SYSTEM, target);
    assertThat(made.postgres().tables()).containsEntry("agents.state_3", SAVED);
    try (Backups backups =
        new EngineBackups(
            config,
            this::opened,
            any -> {
              throw new AssertionError("restored by the test");
            },
            any -> stores.cluster())) {
      return new RestoreDrill(
              backups,
              (id, options, progress, afterDump) -> {
                restore.accept(afterDump);
                return new RestoreReport(
                    id, List.of(), List.of(), 1, Duration.ofSeconds(1), List.of());
              },
              config,
              this::opened,
              stores.clock)
          .run(Drill.ofNewest().into(ANY), BackupProgress.NONE);
    }
  }

  @Test
  void whatAReplayChangesIsNoDifference() {
    DrillReport report =
        drill(
            afterDump -> {
              afterDump.run();
              holds(OTHER);
            });
    assertThat(report.comparisons())
        .allMatch(Comparison::equal)
        .extracting(Comparison::name)
        .containsExactly("agents.state_3", FakeStores.STREAM);
  }

  @Test
  void aTableThatTheDumpChangedIsADifference() {
    DrillReport report =
        drill(
            afterDump -> {
              holds(OTHER);
              afterDump.run();
            });
    assertThat(report.comparisons())
        .contains(
            new Comparison("agents.state_3", "100 rows, checksum -17", "100 rows, checksum -18"));
  }

  @Test
  void whereAnEarlierCallRestoredTheDumpNoTableIsCompared() {
    DrillReport report = drill(afterDump -> {});
    assertThat(report.findings()).anyMatch(finding -> finding.contains("no table was compared"));
  }
}
