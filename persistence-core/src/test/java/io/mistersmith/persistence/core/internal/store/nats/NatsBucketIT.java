package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatsBucketIT {

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void writesReadsJournalsAndEvicts(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store =
            NatsStore.connect(
                PersistenceConfig.builder(
                        NatsConfig.of(server.url()), PostgresConfig.of("jdbc:postgresql:x", "x"))
                    .build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      StateKey key = StateKey.of("a.gent", "k:1.ü");
      byte[] value = "v1".getBytes(StandardCharsets.UTF_8);
      long first = bucket.publish(key, Operation.PUT, value, EntryMetadata.NONE, HotBucket.ANY);
      for (ReadFrom from : ReadFrom.values()) {
        HotEntry entry = bucket.get(key, from).orElseThrow();
        assertThat(entry.sequence()).isEqualTo(first);
        assertThat(entry.value()).isEqualTo(value);
        assertThat(bucket.get(StateKey.of("none", "none"), from)).isEmpty();
      }
      List<StateKey> keys = new ArrayList<>();
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        StateKey k = StateKey.of("agent", "p.k" + i);
        keys.add(k);
        writes.add(
            bucket.publishAsync(k, Operation.PUT, value, EntryMetadata.NONE, HotBucket.NONE));
      }
      bucket
          .publishAsync(
              StateKey.of("agent", "p.k0"),
              Operation.DELETE,
              new byte[0],
              EntryMetadata.NONE,
              HotBucket.ANY)
          .join();
      assertThat(writes).allMatch(write -> write.isDone() && !write.isCompletedExceptionally());
      for (ReadFrom from : ReadFrom.values()) {
        Map<StateKey, HotEntry> all = bucket.getAll(keys, from);
        assertThat(all).hasSize(3_000);
        assertThat(all.get(keys.get(0)))
            .extracting(HotEntry::operation)
            .isEqualTo(Operation.DELETE);
      }
      assertThat(bucket.list("agent", "p.")).hasSize(3_000);
      assertThat(bucket.list("agent", "p.k2999")).hasSize(1);
      assertThat(bucket.list("nobody", "")).isEmpty();
      assertThat(bucket.state().lastSequence()).isEqualTo(3_002);
      try (JournalReader reader = bucket.read(JournalRange.from(1))) {
        for (int i = 1; i <= 3_002; i++) {
          JournalEntry entry = reader.next(Duration.ofSeconds(5)).orElseThrow();
          assertThat(entry.sequence()).isEqualTo(i);
          assertThat(entry.pending()).isEqualTo(3_002 - i);
        }
        assertThat(reader.next(Duration.ZERO)).isEmpty();
      }
      bucket.evict(bucket.subject(key), first).join();
      assertThat(bucket.get(key, ReadFrom.LEADER)).isEmpty();
      bucket.evictAgent("agent", bucket.state().lastSequence());
      assertThat(bucket.state().messages()).isZero();
    }
  }

  /** A server names at most 100,000 subjects in one answer. */
  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void namesMoreKeysThanOneAnswerHolds(String line) throws Exception {
    int keys = 101_000;
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store =
            NatsStore.connect(
                PersistenceConfig.builder(
                        NatsConfig.of(server.url()), PostgresConfig.of("jdbc:postgresql:x", "x"))
                    .build())) {
      HotBucket bucket = store.bucket(Bucket.SESSION_DATA);
      byte[] value = {'1'};
      CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
      for (int i = 0; i < keys; i++) {
        StateKey key = StateKey.of("agent", "k" + i);
        last = bucket.publishAsync(key, Operation.PUT, value, EntryMetadata.NONE, HotBucket.ANY);
      }
      assertThat(last.get(30, TimeUnit.SECONDS)).isEqualTo(keys);
      assertThat(bucket.keysAsync("agent").get(30, TimeUnit.SECONDS)).hasSize(keys);
    }
  }
}
