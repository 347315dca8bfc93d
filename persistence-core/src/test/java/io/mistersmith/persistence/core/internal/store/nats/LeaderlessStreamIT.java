package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The leader of a stream is frozen; the client is connected to another server. */
@Tag("fault")
class LeaderlessStreamIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  /** What a request that nobody heard would wait for. */
  private static final Duration REQUEST = Duration.ofSeconds(90);

  @Test
  void aRequestThatNoLeaderHeardIsGivenUpWhenThereIsOne() {
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults())) {
      int leader = leader(cluster);
      try (NatsStore store = connect(cluster.servers().get((leader + 1) % 3))) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        write(bucket);
        cluster.servers().get(leader).pause();
        CompletableFuture<?> read =
            CompletableFuture.supplyAsync(() -> bucket.reads().get(KEY, ReadFrom.LEADER));
        Awaitility.await().atMost(REQUEST.dividedBy(2)).until(read::isDone);
        assertThat(read)
            .isCompletedExceptionally()
            .failsWithin(Duration.ZERO)
            .withThrowableThat()
            .withCauseInstanceOf(TransientPersistenceException.class);
        write(bucket);
      }
    }
  }

  private static int leader(NatsCluster cluster) {
    try (NatsStore store = connect(cluster.servers().get(0));
        RawNats raw = RawNats.connect(cluster.servers().get(0))) {
      write(store.bucket(Bucket.AGENT_STATE));
      String name =
          RawNats.call(() -> raw.streams().getStreamInfo("KV_AGENT_STATE"))
              .getClusterInfo()
              .getLeader();
      return Integer.parseInt(name.substring("test-".length())) - 1;
    }
  }

  private static void write(HotBucket bucket) {
    assertThat(
            bucket
                .writes()
                .publish(KEY, Operation.PUT, new byte[1], EntryMetadata.NONE, HotWrites.ANY))
        .isPositive();
  }

  private static NatsStore connect(NatsServer server) {
    return NatsFixture.connect(
        PersistenceConfig.inMemory()
            .nats(NatsConfig.builder(server.url()).replicas(3).requestTimeout(REQUEST).build())
            .build());
  }
}
