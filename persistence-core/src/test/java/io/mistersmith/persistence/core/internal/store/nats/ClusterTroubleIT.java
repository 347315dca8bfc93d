package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster that is not whole when buckets are opened, and one that falls apart afterwards. */
class ClusterTroubleIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aBucketThatIsOpenedBeforeTheClusterIsWholeGetsItsReplicas(String line) throws Exception {
    try (NatsCluster cluster =
        NatsCluster.startPartly(1, 3, NatsOptions.defaults().withLine(line))) {
      CompletableFuture<NatsStore> opening =
          CompletableFuture.supplyAsync(
              () -> {
                NatsStore store = connect(cluster.servers().get(0));
                assertThat(store.bucket(Bucket.AGENT_STATE).reads().hasReplicas()).isTrue();
                return store;
              });
      cluster.complete();
      try (NatsStore store = opening.get(60, TimeUnit.SECONDS);
          RawNats raw = RawNats.connect(cluster.servers().get(1))) {
        awaitReplicas(raw, store);
      }
    }
  }

  /** The newest servers elect nobody before the cluster was whole once: there it waits to open. */
  @Test
  void aBucketThatHadToBeMadeWithFewerReplicasGetsThemLater() {
    try (NatsCluster cluster =
            NatsCluster.startPartly(2, 3, NatsOptions.defaults().withLine(NatsOptions.OLDEST));
        NatsStore store = connect(cluster.servers().get(0))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      awaitWrite(bucket, Duration.ofSeconds(20));
      assertThat(bucket.reads().hasReplicas())
          .as("soon, and another process may add them")
          .isTrue();
      assertThat(store.notices()).anyMatch(notice -> notice.contains("has 1 of 3 replicas"));
      cluster.complete();
      try (RawNats raw = RawNats.connect(cluster.servers().get(1))) {
        awaitReplicas(raw, store);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aBucketThatAnEarlierProcessMadeWithFewerReplicasGetsThem(String line) {
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults().withLine(line));
        RawNats raw = RawNats.connect(cluster.servers().get(1))) {
      try (NatsStore store =
          NatsFixture.connect(
              PersistenceConfig.inMemory()
                  .nats(NatsConfig.of(cluster.url().split(",", -1)))
                  .build())) {
        awaitWrite(store.bucket(Bucket.AGENT_STATE), Duration.ofSeconds(20));
        assertThat(info(raw).getConfiguration().getReplicas()).isEqualTo(1);
      }
      try (NatsStore store = connect(cluster.servers().get(0))) {
        assertThat(store.bucket(Bucket.AGENT_STATE).reads().hasReplicas()).isTrue();
        awaitReplicas(raw, store);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aClientOfAServerThatIsCutOffMoves(String line) {
    try (NatsCluster cluster =
        NatsCluster.startDivisible(3, NatsOptions.defaults().withLine(line))) {
      int leader = leaderOf(cluster, connect(cluster.servers().get(0)));
      int cut = (leader + 1) % 3;
      try (NatsStore store = connect(cluster.servers().get(cut))) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        write(bucket);
        long start = System.nanoTime();
        cluster.cutOff(cut);
        awaitWrite(bucket, Duration.ofSeconds(30));
        Duration without = Duration.ofNanos(System.nanoTime() - start);
        System.out.printf("%s: %d ms without a write%n", line, without.toMillis());
        assertThat(without).isLessThan(Duration.ofSeconds(10));
      }
    }
  }

  @Test
  void aClientOfALeaderThatIsCutOffMovesWhenTheOthersHaveElectedAnother() {
    try (NatsCluster cluster = NatsCluster.startDivisible(3, NatsOptions.defaults())) {
      int leader = leaderOf(cluster, connect(cluster.servers().get(0)));
      try (NatsStore store = connect(cluster.servers().get(leader))) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        write(bucket);
        long start = System.nanoTime();
        cluster.cutOff(leader);
        awaitWrite(bucket, Duration.ofSeconds(40));
        Duration without = Duration.ofNanos(System.nanoTime() - start);
        System.out.printf("leader: %d ms without a write%n", without.toMillis());
        assertThat(without).isLessThan(Duration.ofSeconds(20));
      }
    }
  }

  @Test
  void nobodyMovesToAndFroWhileNoServerCanWrite() {
    try (NatsCluster cluster = NatsCluster.startDivisible(3, NatsOptions.defaults());
        NatsStore store = connect(cluster.servers().get(0))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      awaitWrite(bucket, Duration.ofSeconds(20));
      AtomicInteger moves = new AtomicInteger();
      store.onReconnect(moves::incrementAndGet);
      cluster.servers().get(2).kill();
      cluster.cutOff(0);
      // A write that was acknowledged by the two that were left would end the wait too early.
      Awaitility.await()
          .during(Duration.ofSeconds(6))
          .atMost(Duration.ofSeconds(40))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> catchThrowable(() -> write(bucket)) != null);
      // A leader that has just lost its quorum does not know it yet: one move there is no storm.
      assertThat(moves.get()).isLessThanOrEqualTo(1);
      cluster.heal();
      cluster.servers().get(2).restart();
      awaitWrite(bucket, Duration.ofSeconds(40));
    }
  }

  @Test
  void aClientOfAServerThatRetiresMovesBeforeItIsGone() {
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults());
        NatsStore store = connect(cluster.servers().get(0))) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket);
      cluster.servers().get(0).retire();
      awaitWrite(bucket, Duration.ofSeconds(20));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(catchThrowable(() -> write(bucket))).isNull());
    }
  }

  private static int leaderOf(NatsCluster cluster, NatsStore store) {
    try (store;
        RawNats raw = RawNats.connect(cluster.servers().get(0))) {
      awaitWrite(store.bucket(Bucket.AGENT_STATE), Duration.ofSeconds(20));
      String name = info(raw).getClusterInfo().getLeader();
      return Integer.parseInt(name.substring("test-".length())) - 1;
    }
  }

  private static void awaitReplicas(RawNats raw, NatsStore store) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsMatching(e -> e.getCause() instanceof IOException) // without a leader
        .untilAsserted(
            () -> {
              assertThat(info(raw).getConfiguration().getReplicas()).isEqualTo(3);
              assertThat(store.notices()).noneMatch(notice -> notice.contains("of 3 replicas"));
            });
    awaitWrite(store.bucket(Bucket.AGENT_STATE), Duration.ofSeconds(20));
  }

  private static StreamInfo info(RawNats raw) {
    return RawNats.call(() -> raw.streams().getStreamInfo("KV_AGENT_STATE"));
  }

  private static void awaitWrite(HotBucket bucket, Duration patience) {
    Awaitility.await()
        .atMost(patience)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(catchThrowable(() -> write(bucket))).isNull());
  }

  private static void write(HotBucket bucket) {
    assertThat(
            bucket
                .writes()
                .publish(KEY, Operation.PUT, new byte[1], EntryMetadata.NONE, HotWrites.ANY))
        .isPositive();
  }

  /** To this server first; it names the others. */
  private static NatsStore connect(NatsServer server) {
    return NatsFixture.connect(
        PersistenceConfig.inMemory()
            .nats(NatsConfig.builder(server.url()).replicas(3).build())
            .build());
  }
}
