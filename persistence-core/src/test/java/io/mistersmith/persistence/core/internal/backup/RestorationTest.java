package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.backup.RestoreReport.RestoredBucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.Database;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.FoundStream;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of a restore, what it refuses, and how it goes on where it was cut off. */
class RestorationTest {

  private final FakeStores original = new FakeStores();
  private final MemoryBackupTarget target = new MemoryBackupTarget(original.clock);
  private final FakeRestoreStores stores = new FakeRestoreStores(original);
  private BackupManifest manifest;
  private RestoreOptions options = RestoreOptions.defaults();

  @BeforeEach
  void make() {
    manifest = original.backUp(BackupKind.CROSS_SYSTEM, target);
  }

  @AfterEach
  void close() {
    original.close();
  }

  private static ProgressMeter meter() {
    return new ProgressMeter(BackupProgress.NONE, Ticker.SYSTEM);
  }

  private RestoreReport restore() {
    return new Restoration(
            manifest,
            options,
            PersistenceConfig.inMemory().build(),
            stores,
            stores,
            new TargetReader(target, Optional.empty(), meter()),
            meter(),
            original.clock,
            Ticker.SYSTEM,
            () -> stores.calls.add("look"))
        .run();
  }

  private void assertRefused() {
    int before = stores.calls.size();
    assertThatThrownBy(this::restore)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
    assertThat(stores.calls).as("nothing was changed").hasSize(before);
  }

  private JournalPosition position() {
    return original.journals().position(FakeStores.BUCKET).orElseThrow();
  }

  @Test
  void bothStoresAreRestoredAndTheGapIsReplayed() {
    RestoreReport report = restore();

    assertThat(stores.calls).containsExactly("dump", "look", "stream", "agents", "replay");
    assertThat(report.buckets())
        .containsExactly(new RestoredBucket(FakeStores.BUCKET, 2, 100, 120, 20));
    assertThat(report.remaining()).isEmpty();
    assertThat(position().epoch()).isEqualTo(2);
  }

  /** What was written after the last restored message may be written again, as something else. */
  @Test
  void theNewEpochBeginsBehindTheLastRestoredMessage() {
    stores.failing = "replay";
    assertThatThrownBy(this::restore).isInstanceOf(IllegalStateException.class);

    assertThat(position().sequence()).isEqualTo(100);
    assertThat(position().epochs().get(0)).isEqualTo(new JournalPosition.Epoch(2, 121));
    assertThat(position().epochOf(120)).as("of the last restored message").isEqualTo(1);
    assertThat(position().streamCreated())
        .isEqualTo(Objects.requireNonNull(stores.found.get(FakeStores.STREAM)).created());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dump", "stream", "agents", "replay"})
  void aRestoreThatWasCutOffIsBegunAgain(String step) {
    stores.failing = step;
    assertThatThrownBy(this::restore).isInstanceOf(IllegalStateException.class);

    stores.failing = "";
    RestoreReport report = restore();

    assertThat(report.buckets())
        .extracting(RestoredBucket::epoch, RestoredBucket::lastSequence)
        .containsExactly(tuple(2L, 120L));
    assertThat(stores.calls.stream().filter(step::equals)).hasSize(2);
    assertThat(stores.calls).endsWith("replay").contains("dump", "stream", "agents");
  }

  /** As by the program of a call that was killed, which goes on without its caller. */
  @Test
  void aDumpThatIsCommittedByAnEarlierCallMeanwhileIsKept() {
    stores.meanwhile = Database.FILLED;

    assertThat(restore().buckets())
        .containsExactly(new RestoredBucket(FakeStores.BUCKET, 2, 100, 120, 20));
    assertThat(stores.calls).containsExactly("dump", "look", "stream", "agents", "replay");
  }

  @Test
  void aDatabaseThatSomebodyElseFillsMeanwhileIsRefused() {
    stores.meanwhile = Database.FILLED;
    original.move(original.lastSequence + 1);

    assertThatThrownBy(this::restore).hasMessageContaining("not those of this backup");
    assertThat(stores.calls).containsExactly("dump");
  }

  @Test
  void aSecondRestoreIsRefused() {
    assertThat(restore().buckets()).hasSize(1);

    assertRefused();
  }

  @Test
  void aStreamThatExistsIsRefusedBeforeAnythingIsChanged() {
    stores.found.put(FakeStores.STREAM, new FoundStream(FakeStores.CREATED, Optional.empty(), 120));

    assertRefused();
  }

  @Test
  void aStreamThatWasWrittenToSinceItWasRestoredIsRefused() {
    stores.failing = "replay";
    assertThatThrownBy(this::restore).isInstanceOf(IllegalStateException.class);
    stores.failing = "";
    stores.found.put(
        FakeStores.STREAM,
        new FoundStream(original.clock.instant(), Optional.of(manifest.id()), 121));

    assertRefused();
  }

  @Test
  void aDatabaseThatIsBeyondTheBackupIsRefused() {
    stores.database = Database.FILLED;
    original.move(101);

    assertRefused();
  }

  /** NATS alone was lost. */
  @Test
  void aDatabaseThatIsAsInTheBackupIsKept() {
    stores.database = Database.FILLED;

    assertThat(restore().buckets()).hasSize(1);
    assertThat(stores.calls).containsExactly("stream", "agents", "replay");
  }

  @Test
  void whereNatsIsIntactPostgresAloneIsRestored() {
    stores.found.put(FakeStores.STREAM, new FoundStream(FakeStores.CREATED, Optional.empty(), 150));
    manifest = manifest.postgresAlone();
    options = options.postgresAlone();

    assertThat(restore().buckets()).isEmpty();

    assertThat(stores.calls).containsExactly("dump", "look", "agents");
  }

  /** The command's settings may name the server that runs, beside which a copy is recovered. */
  @Test
  void aDataDirectoryIsRestoredWhateverTheDatabaseHolds(@TempDir Path directory) {
    manifest = original.backUp(BackupKind.WEEKLY, target);
    options = options.dataDirectory(directory.resolve("data"));
    stores.database = Database.FILLED;

    assertThat(restore().remaining()).singleElement().asString().contains("Start PostgreSQL on");

    assertThat(stores.calls).containsExactly("base");
  }

  @Test
  void aSecondCallReadsTheAgentsOnceTheRestoredServerRuns(@TempDir Path directory)
      throws IOException {
    manifest = original.backUp(BackupKind.WEEKLY, target);
    options = options.dataDirectory(directory.resolve("data")).postgresAlone();
    assertThat(restore().remaining()).anyMatch(left -> left.contains("run the same restore again"));
    Files.createDirectories(directory.resolve("data/base"));
    stores.database = Database.FILLED;

    assertThat(restore().remaining()).isEmpty();

    assertThat(stores.calls).containsExactly("base", "agents");
  }

  @Test
  void agentsAreReadFromTheBucketOfTheInstallationAlone() {
    manifest = manifest.postgresAlone();
    options = options.postgresAlone();
    stores.streams = List.of("KV_other_AGENT_CONFIG");

    assertThatThrownBy(this::restore)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("KV_other_AGENT_CONFIG");
    assertThat(stores.calls).isEmpty();
    stores.streams = List.of("KV_AGENT_CONFIG");
    assertThat(restore().remaining()).isEmpty();
  }

  /** KV would answer with older versions of what PostgreSQL has beyond the streams. */
  @Test
  void aBaseBackupIsNotRecoveredBeyondTheStreams() {
    RecoveryTarget time = new RecoveryTarget.Time(FakeStores.CREATED);
    BackupManifest alone = manifest.postgresAlone();

    assertThat(RestorePlanning.target(manifest, options)).isEqualTo(new RecoveryTarget.BackupEnd());
    assertThat(RestorePlanning.target(alone, options)).isEqualTo(RecoveryTarget.latest());
    assertThat(RestorePlanning.target(manifest, options.target(time))).isEqualTo(time);
  }

  @Test
  void aDatabaseThatDoesNotAnswerIsNamed() {
    stores.database = Database.AWAY;

    assertThatThrownBy(this::restore)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.CONNECTION_FAILED));
    assertThat(stores.calls).isEmpty();
  }
}
