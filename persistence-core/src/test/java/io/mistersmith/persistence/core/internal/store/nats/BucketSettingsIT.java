package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PersistenceConfig.BucketChanges;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
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
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How buckets are made, found different and changed, and what a server cannot do. */
class BucketSettingsIT {

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void differencesAreShownAndAppliedOnlyWhenAsked(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        RawNats raw = RawNats.connect(server)) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      connectAndOpen(config);
      RawNats.call(
          () ->
              raw.streams()
                  .updateStream(
                      StreamConfiguration.builder(stream(raw))
                          .maxMessagesPerSubject(2)
                          .maximumMessageSize(1 << 20)
                          .build()));
      connectAndOpen(config);
      assertThat(stream(raw).getMaxMsgsPerSubject()).isEqualTo(2);

      connectAndOpen(config.toBuilder().bucketChanges(BucketChanges.APPLY).build());
      assertThat(stream(raw).getMaxMsgsPerSubject()).isEqualTo(5);
      assertThat(stream(raw).getMaximumMessageSize()).as("not configured").isEqualTo(1 << 20);
      assertThat(stream(raw).getAllowDirect()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aJournalThatExpiresIsRefusedUntilItIsMended(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        RawNats raw = RawNats.connect(server)) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      connectAndOpen(config);
      RawNats.call(
          () ->
              raw.streams()
                  .updateStream(
                      StreamConfiguration.builder(stream(raw))
                          .maxAge(Duration.ofMinutes(30))
                          .build()));
      NonTransientPersistenceException refused =
          catchThrowableOfType(
              NonTransientPersistenceException.class, () -> connectAndOpen(config));
      assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
      assertThat(refused)
          .hasMessageContaining("nats stream edit KV_AGENT_STATE --max-age=0")
          .hasMessageContaining("APPLY");
      connectAndOpen(config.toBuilder().bucketChanges(BucketChanges.APPLY).build());
      assertThat(stream(raw).getMaxAge()).isEqualTo(Duration.ZERO);
    }
  }

  @Test
  void aServerThatDropsTheOldestByMistakeGetsNoLimitOfBytes() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.OLDEST));
        RawNats raw = RawNats.connect(server)) {
      BucketConfig limited = Bucket.AGENT_STATE.defaults().toBuilder().maxBytes(1 << 20).build();
      PersistenceConfig config =
          NatsFixture.config(server, "").bucket(Bucket.AGENT_STATE, limited).build();
      try (NatsStore store = NatsFixture.connect(config)) {
        store.bucket(Bucket.AGENT_STATE);
        assertThat(store.notices())
            .anyMatch(notice -> notice.contains("has no limit of 1048576 bytes"));
      }
      assertThat(stream(raw).getMaxBytes()).isEqualTo(-1);

      raw.update("KV_AGENT_STATE", stream -> stream.maxBytes(1 << 20));
      assertThatExceptionOfType(NonTransientPersistenceException.class)
          .isThrownBy(() -> connectAndOpen(config))
          .withMessageContaining("does not keep max_bytes exactly")
          .withMessageContaining("nats stream edit KV_AGENT_STATE --max-bytes=-1");
      connectAndOpen(config.toBuilder().bucketChanges(BucketChanges.APPLY).build());
      assertThat(stream(raw).getMaxBytes()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource("unfit")
  void aBucketThatCannotBeUsedIsRefused(
      String what, UnaryOperator<StreamConfiguration.Builder> change) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults());
        RawNats raw = RawNats.connect(server)) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      connectAndOpen(config);
      raw.update("KV_AGENT_STATE", change);
      NonTransientPersistenceException refused =
          catchThrowableOfType(
              NonTransientPersistenceException.class, () -> connectAndOpen(config));
      assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
      assertThat(refused).hasMessageContaining("AGENT_STATE").hasMessageContaining(what);
    }
  }

  static Stream<Arguments> unfit() {
    return Stream.of(
        unfit("answers no direct gets", stream -> stream.allowDirect(false)),
        unfit(
            "drops its oldest entries",
            stream -> stream.discardPolicy(DiscardPolicy.Old).maxBytes(1 << 20)),
        unfit("acknowledges no writes", stream -> stream.noAck(true)),
        unfit("denies purges", stream -> stream.allowRollup(false).denyPurge(true)),
        unfit("has the subjects", stream -> stream.subjects("elsewhere.>")),
        unfit("is sealed", StreamConfiguration.Builder::seal));
  }

  private static Arguments unfit(String what, UnaryOperator<StreamConfiguration.Builder> change) {
    return Arguments.of(what, change);
  }

  @Test
  void aDifferenceIsANoticeUntilItIsApplied() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults());
        RawNats raw = RawNats.connect(server)) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      connectAndOpen(config);
      raw.update("KV_AGENT_STATE", stream -> stream.maxMessagesPerSubject(2));
      try (NatsStore store = NatsFixture.connect(config)) {
        store.bucket(Bucket.AGENT_STATE);
        assertThat(store.notices())
            .anyMatch(notice -> notice.contains("max_msgs_per_subject: 2 -> 5"));
      }
      try (NatsStore store =
          NatsFixture.connect(config.toBuilder().bucketChanges(BucketChanges.APPLY).build())) {
        store.bucket(Bucket.AGENT_STATE);
        assertThat(store.notices()).isEmpty();
      }
    }
  }

  @Test
  void anOldServerIsUsedWithoutWhatItCannotDoAndItIsSaid() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.OLDEST));
        NatsStore store =
            NatsFixture.connect(
                NatsFixture.config(server, "")
                    .bucket(
                        Bucket.AGENT_CONFIG,
                        Bucket.AGENT_CONFIG.defaults().toBuilder().placementCluster("east").build())
                    .nats(NatsConfig.builder(server.url()).replicas(3).build())
                    .build())) {
      for (Bucket bucket : Bucket.values()) {
        assertThat(store.bucket(bucket).reads().hasReplicas()).isFalse();
      }
      assertThat(store.notices()).doesNotHaveDuplicates();
      assertThat(String.join("\n", store.notices()))
          .contains("cannot compress: bucket AGENT_STATE")
          .contains("no time to live per message: entries of bucket QUERY_CACHE")
          .contains("cannot get many keys")
          .contains("bucket AGENT_STATE has 1 replica, not 3")
          .contains("placement of bucket AGENT_CONFIG is ignored");
      Instant soon = Instant.now().plusSeconds(1);
      store
          .bucket(Bucket.SESSION_DATA)
          .writes()
          .publish(KEY, Operation.PUT, new byte[1], expiring(soon), HotWrites.ANY);
      assertThat(
              store
                  .bucket(Bucket.SESSION_DATA)
                  .reads()
                  .get(KEY, ReadFrom.LEADER)
                  .orElseThrow()
                  .metadata()
                  .expiresAt())
          .contains(soon.truncatedTo(ChronoUnit.MILLIS));
    }
  }

  @Test
  void aNewServerEndsResultsButNeverTheJournalNorSessionsOnDisk() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.NEWEST));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      EntryMetadata soon = expiring(Instant.now().plusMillis(300));
      HotBucket results = store.bucket(Bucket.QUERY_CACHE);
      HotBucket sessions = store.bucket(Bucket.SESSION_DATA);
      HotBucket journal = store.bucket(Bucket.AGENT_STATE);
      results.writes().publish(KEY, Operation.PUT, new byte[1], soon, HotWrites.ANY);
      sessions.writes().publish(KEY, Operation.PUT, new byte[1], soon, HotWrites.ANY);
      journal.writes().publish(KEY, Operation.PUT, new byte[1], soon, HotWrites.ANY);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> results.reads().get(KEY, ReadFrom.LEADER).isEmpty());
      assertThat(sessions.reads().get(KEY, ReadFrom.LEADER)).isPresent();
      assertThat(journal.reads().get(KEY, ReadFrom.LEADER)).isPresent();
      assertThat(store.notices()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void whatCannotBeChangedIsSaid(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line))) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      try (NatsStore store = NatsFixture.connect(config)) {
        store.bucket(Bucket.QUERY_CACHE);
      }
      BucketConfig onDisk =
          Bucket.QUERY_CACHE.defaults().toBuilder()
              .storage(Bucket.AGENT_STATE.defaults().storage())
              .build();
      try (NatsStore store =
          NatsFixture.connect(
              config.toBuilder()
                  .bucket(Bucket.QUERY_CACHE, onDisk)
                  .bucketChanges(BucketChanges.APPLY)
                  .build())) {
        NonTransientPersistenceException refused =
            catchThrowableOfType(
                NonTransientPersistenceException.class, () -> store.bucket(Bucket.QUERY_CACHE));
        assertThat(refused.error()).isEqualTo(DataError.MISCONFIGURED);
        assertThat(refused).hasMessageContaining("storage: memory -> file");
      }
    }
  }

  @Test
  void replicasAreMadeWhereTheClusterHasThemAndTheLeaderIsAlwaysCurrent() {
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults())) {
      NatsConfig nats = NatsConfig.builder(cluster.url().split(",", -1)).replicas(3).build();
      PersistenceConfig config =
          NatsFixture.config(cluster.servers().get(0), "").nats(nats).build();
      try (NatsStore store = NatsFixture.connect(config)) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        assertThat(bucket.reads().hasReplicas()).isTrue();
        assertThat(store.bucket(Bucket.QUERY_CACHE).reads().hasReplicas()).isFalse();
        for (int i = 0; i < 200; i++) {
          long sequence =
              bucket
                  .writes()
                  .publish(KEY, Operation.PUT, new byte[1], EntryMetadata.NONE, HotWrites.ANY);
          assertThat(bucket.reads().get(KEY, ReadFrom.LEADER).orElseThrow().sequence())
              .isEqualTo(sequence);
          assertThat(bucket.reads().getAll(List.of(KEY), ReadFrom.LEADER).values())
              .extracting(entry -> entry.sequence())
              .containsExactly(sequence);
        }
        TransientPersistenceException conflict =
            catchThrowableOfType(
                TransientPersistenceException.class,
                () ->
                    bucket
                        .writes()
                        .publish(
                            KEY, Operation.PUT, new byte[1], EntryMetadata.NONE, HotWrites.NONE));
        assertThat(conflict.error()).isEqualTo(DataError.VERSION_CONFLICT);
        assertThat(bucket.reads().list(AgentId.external("agent"), "")).hasSize(1);
        assertThat(bucket.reads().getAll(List.of(KEY), ReadFrom.ANY_REPLICA))
            .isNotEqualTo(Map.of());
      }
      NatsConfig five = NatsConfig.builder(cluster.url().split(",", -1)).replicas(5).build();
      try (NatsStore store =
          NatsFixture.connect(
              config.toBuilder().nats(five.toBuilder().namePrefix("five-").build()).build())) {
        assertThat(store.bucket(Bucket.AGENT_STATE).reads().hasReplicas()).isTrue();
        assertThat(String.join("\n", store.notices()))
            .contains("KV_five-AGENT_STATE has 3 of 5 replicas");
      }
    }
  }

  @Test
  void norDoesItEndSessionsInABucketThatWouldAllowIt() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.NEWEST));
        RawNats raw = RawNats.connect(server)) {
      PersistenceConfig config = NatsFixture.config(server, "").build();
      try (NatsStore store = NatsFixture.connect(config)) {
        store.bucket(Bucket.SESSION_DATA);
      }
      RawNats.call(
          () ->
              raw.streams()
                  .updateStream(
                      StreamConfiguration.builder(
                              raw.streams().getStreamInfo("KV_SESSION_DATA").getConfiguration())
                          .allowMessageTtl(true)
                          .build()));
      try (NatsStore store = NatsFixture.connect(config)) {
        EntryMetadata soon = expiring(Instant.now().plusMillis(300));
        HotBucket results = store.bucket(Bucket.QUERY_CACHE);
        HotBucket sessions = store.bucket(Bucket.SESSION_DATA);
        sessions.writes().publish(KEY, Operation.PUT, new byte[1], soon, HotWrites.ANY);
        results.writes().publish(KEY, Operation.PUT, new byte[1], soon, HotWrites.ANY);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> results.reads().get(KEY, ReadFrom.LEADER).isEmpty());
        assertThat(sessions.reads().get(KEY, ReadFrom.LEADER)).isPresent();
      }
    }
  }

  private static EntryMetadata expiring(Instant time) {
    return new EntryMetadata(Optional.empty(), Optional.of(time), Optional.empty());
  }

  private static StreamConfiguration stream(RawNats raw) {
    return RawNats.call(() -> raw.streams().getStreamInfo("KV_AGENT_STATE").getConfiguration());
  }

  private static void connectAndOpen(PersistenceConfig config) {
    try (NatsStore store = NatsFixture.connect(config)) {
      assertThat(store.bucket(Bucket.AGENT_STATE).name()).isEqualTo("AGENT_STATE");
    }
  }
}
