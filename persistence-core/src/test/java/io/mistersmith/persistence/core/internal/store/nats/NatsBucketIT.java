package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatsBucketIT {

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void writesReadsJournalsAndEvicts(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store =
            NatsFixture.connect(
                PersistenceConfig.builder(
                        NatsConfig.of(server.url()), PostgresConfig.of("jdbc:postgresql:x", "x"))
                    .build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      StateKey key = StateKey.of(AgentId.external("a.gent"), "k:1.ü");
      byte[] value = "v1".getBytes(StandardCharsets.UTF_8);
      long first =
          bucket.writes().publish(key, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY);
      for (ReadFrom from : ReadFrom.values()) {
        HotEntry entry = bucket.reads().get(key, from).orElseThrow();
        assertThat(entry.sequence()).isEqualTo(first);
        assertThat(entry.value()).isEqualTo(value);
        assertThat(bucket.reads().get(StateKey.of(AgentId.external("none"), "none"), from))
            .isEmpty();
      }
      List<StateKey> keys = new ArrayList<>();
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        StateKey k = StateKey.of(AgentId.external("agent"), "p.k" + i);
        keys.add(k);
        writes.add(
            bucket
                .writes()
                .publishAsync(k, Operation.PUT, value, EntryMetadata.NONE, HotWrites.NONE));
      }
      bucket
          .writes()
          .publishAsync(
              StateKey.of(AgentId.external("agent"), "p.k0"),
              Operation.DELETE,
              new byte[0],
              EntryMetadata.NONE,
              HotWrites.ANY)
          .join();
      assertThat(writes).allMatch(write -> write.isDone() && !write.isCompletedExceptionally());
      for (ReadFrom from : ReadFrom.values()) {
        Map<StateKey, HotEntry> all = bucket.reads().getAll(keys, from);
        assertThat(all).hasSize(3_000);
        assertThat(all.get(keys.get(0)))
            .extracting(HotEntry::operation)
            .isEqualTo(Operation.DELETE);
      }
      assertThat(bucket.reads().list(AgentId.external("agent"), "_.p.")).hasSize(3_000);
      assertThat(bucket.reads().list(AgentId.external("agent"), "_.p.k2999")).hasSize(1);
      assertThat(bucket.reads().list(AgentId.external("nobody"), "")).isEmpty();
      assertThat(bucket.journal().state().lastSequence()).isEqualTo(3_002);
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        for (int i = 1; i <= 3_002; i++) {
          JournalEntry entry = reader.next(Duration.ofSeconds(5)).orElseThrow();
          assertThat(entry.sequence()).isEqualTo(i);
          assertThat(entry.pending()).isEqualTo(3_002 - i);
        }
        assertThat(reader.next(Duration.ZERO)).isEmpty();
      }
      bucket.writes().evict(bucket.journal().subject(key), first).join();
      assertThat(bucket.reads().get(key, ReadFrom.LEADER)).isEmpty();
      bucket
          .writes()
          .evictAgent(AgentId.external("agent"), bucket.journal().state().lastSequence())
          .join();
      assertThat(bucket.journal().state().messages()).isZero();
    }
  }

  /** So many long subjects need two requests, between which a step can be stored. */
  @Test
  void whatDoesNotFitIntoOneRequestIsNotOfOneMoment() {
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < HotReads.MOST_OF_ONE_MOMENT; i++) {
      keys.add(StateKey.of(AgentId.external("agent"), i + "x".repeat(StateKey.MAX_LENGTH - 4)));
    }
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.NEWEST));
        NatsStore store =
            NatsFixture.connect(
                PersistenceConfig.builder(
                        NatsConfig.of(server.url()), PostgresConfig.of("jdbc:postgresql:x", "x"))
                    .build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      assertThat(bucket.reads().getTogether(keys).ofOneMoment()).isFalse();
      assertThat(bucket.reads().getTogether(keys.subList(0, 100)).ofOneMoment()).isTrue();
    }
  }

  /** A server names at most 100,000 subjects in one answer. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void namesMoreKeysThanOneAnswerHolds(String line) throws Exception {
    int keys = 101_000;
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store =
            NatsFixture.connect(
                PersistenceConfig.builder(
                        NatsConfig.of(server.url()), PostgresConfig.of("jdbc:postgresql:x", "x"))
                    .build())) {
      HotBucket bucket = store.bucket(Bucket.SESSION_DATA);
      byte[] value = {'1'};
      CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
      for (int i = 0; i < keys; i++) {
        StateKey key = StateKey.of(AgentId.external("agent"), "k" + i);
        last =
            bucket
                .writes()
                .publishAsync(key, Operation.PUT, value, EntryMetadata.NONE, HotWrites.ANY);
      }
      assertThat(last.get(60, TimeUnit.SECONDS)).isEqualTo(keys);
      assertThat(bucket.reads().keysAsync(AgentId.external("agent"), "").get(60, TimeUnit.SECONDS))
          .hasSize(keys);
    }
  }
}
