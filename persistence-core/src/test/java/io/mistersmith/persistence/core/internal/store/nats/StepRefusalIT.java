package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Servers and buckets that cannot store several entries at once say so, and store none. */
class StepRefusalIT {

  private static final AgentId AGENT = AgentId.external("agent");

  @Test
  void anOldServerRefusesStepsAndTheNoticesSaySo() {
    NatsFixture fixture = new NatsFixture(NatsOptions.OLDEST);
    try (Stores stores = fixture.provider().open(fixture.config().build())) {
      HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
      assertThat(stores.notices()).anyMatch(notice -> notice.contains("steps are refused"));
      assertRefused(bucket, "2.12");
    } finally {
      fixture.close();
    }
  }

  @Test
  void aBucketThatWasMadeBeforeSaysWhichSettingItNeeds() {
    NatsFixture fixture = new NatsFixture(NatsOptions.NEWEST);
    PersistenceConfig config = fixture.config().build();
    try {
      try (Stores stores = fixture.provider().open(config)) {
        fixture.change(
            stores.hot().bucket(Bucket.AGENT_STATE), stream -> stream.allowAtomicPublish(false));
      }
      try (Stores stores = fixture.provider().open(config)) {
        assertRefused(stores.hot().bucket(Bucket.AGENT_STATE), "--allow-batch");
        assertThat(stores.notices()).anyMatch(notice -> notice.contains("allow_atomic"));
      }
      PersistenceConfig applying =
          fixture.config().bucketChanges(PersistenceConfig.BucketChanges.APPLY).build();
      try (Stores stores = fixture.provider().open(applying)) {
        assertThat(stores.hot().bucket(Bucket.AGENT_STATE).writes().publishTogether(step()))
            .isEqualTo(2);
      }
    } finally {
      fixture.close();
    }
  }

  private static void assertRefused(HotBucket bucket, String fix) {
    assertThatThrownBy(() -> bucket.writes().publishTogether(step()))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining(fix);
    assertThat(bucket.journal().state().lastSequence()).isZero();
  }

  private static List<Outgoing> step() {
    return List.of(message("a", 1), message("b", 2));
  }

  private static Outgoing message(String key, int index) {
    return new Outgoing(
        StateKey.of(AGENT, key),
        Operation.PUT,
        new byte[] {'1'},
        EntryMetadata.NONE.inStep("step", new StepPlace(index, 2)),
        HotWrites.ANY);
  }
}
