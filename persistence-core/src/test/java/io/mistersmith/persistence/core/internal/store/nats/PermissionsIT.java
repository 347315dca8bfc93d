package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That permissions keep others out of a runtime's buckets, as docs/operations.md says, and what a
 * runtime does that may not change its streams. PermissionTemplateIT tries what a runtime needs.
 */
class PermissionsIT {

  private static final String AUTHORIZATION =
      """
      authorization {
        users: [
          { user: "runtime", password: "secret", permissions: {
              publish: ["$KV.*.>", "$JS.API.>", "persistence.nudge.*", "persistence.progress.>",
                  "persistence.wake.>"],
              subscribe: ["_INBOX.>", "persistence.nudge.*", "persistence.progress.>",
                  "persistence.wake.>"] } },
          { user: "stranger", password: "other", permissions: {
              publish: { deny: ["$KV.>", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>",
                                "$JS.API.DIRECT.>", "persistence.nudge.>", "persistence.progress.>",
                                "_INBOX.>"] } } }
        ]
      }
      no_auth_user: "stranger"
      """;

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void keepStrangersOutOfTheBuckets(String line) throws Exception {
    try (NatsServer server =
            NatsServer.start(NatsOptions.defaults().withLine(line).withConfigLine(AUTHORIZATION));
        NatsStore store = NatsFixture.connect(asRuntime(server));
        WirePublisher stranger = WirePublisher.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger nudges = new AtomicInteger();
      bucket.journal().onNudge(nudges::incrementAndGet);
      StateKey key = StateKey.of(AgentId.external("agent"), "k");
      byte[] value = "1".getBytes(UTF_8);
      long sequence =
          bucket.writes().publish(key, Operation.PUT, value, EntryMetadata.NONE, HotWrites.NONE);
      for (ReadFrom from : ReadFrom.values()) {
        assertThat(bucket.reads().get(key, from)).isPresent();
        assertThat(bucket.reads().getAll(List.of(key), from)).containsOnlyKeys(key);
      }
      assertThat(bucket.reads().list(AgentId.external("agent"), "")).hasSize(1);
      assertThat(bucket.reads().keysAsync(AgentId.external("agent"), "").get(60, TimeUnit.SECONDS))
          .containsExactly(key);
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        assertThat(reader.next(Duration.ofSeconds(10)).orElseThrow().key()).contains(key);
      }
      bucket.journal().nudge();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> nudges.get() == 1);

      String refusal = "Permissions Violation";
      assertThat(stranger.publish(bucket.journal().subject(key), "[", "1"))
          .containsIgnoringCase(refusal);
      assertThat(stranger.publish("$JS.API.STREAM.PURGE.KV_AGENT_STATE", ""))
          .containsIgnoringCase(refusal);
      assertThat(stranger.publish("persistence.nudge.AGENT_STATE", "[", ""))
          .containsIgnoringCase(refusal);
      assertThat(bucket.journal().state().lastSequence()).isEqualTo(sequence);

      bucket.writes().evict(bucket.journal().subject(key), sequence).get(60, TimeUnit.SECONDS);
      assertThat(bucket.journal().state().messages()).isZero();
    }
  }

  private static final String WITHOUT_STREAM_CHANGES =
      """
      authorization {
        users: [
          { user: "runtime", password: "secret", permissions: {
              publish: { deny: ["$JS.API.STREAM.UPDATE.>"] } } },
          { user: "operator", password: "other" }
        ]
      }
      no_auth_user: "operator"
      """;

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aUserWhoMayNotChangeAStreamUsesABucketWithoutAnIdentityAndSaysSo(String line) {
    try (NatsServer server =
        NatsServer.start(
            NatsOptions.defaults().withLine(line).withConfigLine(WITHOUT_STREAM_CHANGES))) {
      UUID installation = UUID.randomUUID();
      try (NatsStore store = NatsFixture.connect(asRuntime(server), installation)) {
        assertThat(store.bucket(Bucket.AGENT_STATE).journal().state().installation())
            .contains(installation);
        assertThat(store.notices().stream().filter(n -> n.contains("identity"))).isEmpty();
      }
      try (RawNats operator = RawNats.connect(server)) {
        operator.update("KV_AGENT_STATE", stream -> stream.metadata(Map.of()).description(""));
      }
      try (NatsStore store = NatsFixture.connect(asRuntime(server), installation)) {
        HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
        assertThat(bucket.journal().state().installation()).isEmpty();
        assertThat(bucket.journal().adopt(Optional.empty())).isFalse();
        assertThat(store.notices())
            .anySatisfy(
                notice ->
                    assertThat(notice)
                        .contains("Bucket AGENT_STATE", "nats stream edit KV_AGENT_STATE")
                        .contains(installation.toString()));
        StateKey key = StateKey.of(AgentId.external("agent"), "k");
        assertThat(
                bucket
                    .writes()
                    .publish(
                        key,
                        Operation.PUT,
                        "1".getBytes(UTF_8),
                        EntryMetadata.NONE,
                        HotWrites.NONE))
            .isPositive();
      }
      try (RawNats operator = RawNats.connect(server)) {
        assertThat(RawNats.call(() -> operator.streams().getStreamNames()))
            .containsExactly("KV_AGENT_STATE");
      }
    }
  }

  private static PersistenceConfig asRuntime(NatsServer server) {
    return PersistenceConfig.builder(
            NatsConfig.of(server.url().replace("://", "://runtime:secret@")),
            PostgresConfig.of("jdbc:postgresql://none.invalid/none", "nobody"))
        .build();
  }
}
