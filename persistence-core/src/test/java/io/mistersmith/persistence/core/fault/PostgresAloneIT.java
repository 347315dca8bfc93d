package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.backup.RestoreReport;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL is lost and restored without what came after its backup; NATS is intact. */
@Tag("fault")
@Tag("backup")
class PostgresAloneIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final RestoreOptions ALONE = RestoreOptions.defaults().postgresAlone();

  @TempDir Path directory;

  @Test
  void aDumpIsCompletedFromNats() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = make(scene, BackupKind.DAILY);
      StateKey later = writeByNewAgent(scene.installation());
      Installation restored = empty(scene, scene.installation().namePrefix());

      assertThat(restore(scene, restored, made, ALONE).remaining()).isEmpty();

      assertComplete(restored, later);
    }
  }

  /** Another prefix names a bucket without agents. */
  @Test
  void otherBucketsThanThoseOfTheInstallationAreRefused() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = make(scene, BackupKind.DAILY);
      Installation wrong = empty(scene, "other-");

      assertThatThrownBy(() -> restore(scene, wrong, made, ALONE))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
          .hasMessageContaining("other-AGENT_CONFIG")
          .hasMessageContaining(scene.installation().namePrefix() + "AGENT_CONFIG");

      assertThat(wrong.query("SELECT 1 FROM pg_namespace WHERE nspname = 'agents'")).isEmpty();
    }
  }

  @Test
  void aBaseBackupIsRestoredBesideTheServerThatRunsAndCompletedFromNats() {
    try (BackupScene scene = BackupScene.start(directory)) {
      BackupManifest made = make(scene, BackupKind.WEEKLY);
      Installation installation = scene.installation();
      StateKey later = writeByNewAgent(installation);
      Path data = directory.resolve("data");
      RestoreOptions options = ALONE.dataDirectory(data);

      assertThat(restore(scene, installation, made, options).remaining())
          .anyMatch(step -> step.contains("run the same restore again"));
      assertThat(installation.rows()).as("in the server that runs").containsKey(later);

      scene.servers().postgres().stop();
      BackupServers.recover(scene.servers().postgres(), data, installation);
      assertThat(installation.rows()).as("after the recovery").doesNotContainKey(later);
      assertThat(restore(scene, installation, made, options).remaining()).isEmpty();

      assertComplete(installation, later);
    }
  }

  private static BackupManifest make(BackupScene scene, BackupKind kind) {
    StateKey before = writeByNewAgent(scene.installation());
    try (Backups backups = scene.backups()) {
      assertThat(scene.installation().rows()).containsKey(before);
      return backups.create(kind, BackupProgress.NONE);
    }
  }

  private static StateKey writeByNewAgent(Installation installation) {
    try (Persistence persistence = installation.open()) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateKey key = StateKey.of(agent, "step");
      StateRepository<Long> states = persistence.states(Long.class);
      states.awaitDurable(key, states.save(key, 1L).revision(), SOON);
      return key;
    }
  }

  private static Installation empty(BackupScene scene, String namePrefix) {
    return BackupServers.empty(scene.servers(), namePrefix, "restored");
  }

  private static RestoreReport restore(
      BackupScene scene, Installation into, BackupManifest made, RestoreOptions options) {
    try (Backups backups = scene.backups(into)) {
      return backups.restore(made.id(), options, BackupProgress.NONE);
    }
  }

  /** What NATS has of an agent that the backup lacks was applied. */
  private static void assertComplete(Installation restored, StateKey later) {
    BackupScene.catchUp(restored);
    assertThat(restored.rows()).containsKey(later);
    try (Persistence persistence = restored.open()) {
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      Installation.assertConsistent(persistence);
    }
  }
}
