package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.RestoreOptions;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.testkit.memory.MemoryBackupTarget;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RestorePlanningTest {

  /** Otherwise the restore would make other buckets, and replay those. */
  @Test
  void aConfigurationWithOtherBucketsIsRefused() {
    try (FakeStores original = new FakeStores()) {
      BackupManifest manifest =
          original.backUp(BackupKind.CROSS_SYSTEM, new MemoryBackupTarget(original.clock));
      RestorePlanning other = planning(manifest, "agent_");
      assertThatThrownBy(other::require)
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
          .hasMessageContaining("[AGENT_STATE]")
          .hasMessageContaining("agent_AGENT_STATE")
          .hasMessageContaining("NATS_KV_PREFIX");
      PitrPlan recoveries =
          new PitrPlan(
              ProgramSearch.only(List.of()),
              new WalArchive(new MemoryBackupTarget(original.clock), Optional.empty()));
      assertThat(other.plan(recoveries).missing())
          .singleElement()
          .asString()
          .contains("NATS_KV_PREFIX");
      RestorePlanning own = planning(manifest, "");
      assertThatCode(own::require).doesNotThrowAnyException();
      assertThat(own.plan(recoveries).missing()).isEmpty();
      assertThat(own.plan(recoveries).steps().get(0)).contains(" into db/agents, ");
    }
  }

  private static RestorePlanning planning(BackupManifest manifest, String prefix) {
    PersistenceConfig into =
        PersistenceConfig.builder(
                NatsConfig.builder("nats://nats").namePrefix(prefix).build(),
                PostgresConfig.of("jdbc:postgresql://db/agents", "backup"))
            .build();
    return new RestorePlanning(manifest, RestoreOptions.defaults(), into, Optional.empty());
  }
}
