package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers of a bucket's stream: what they deliver, and how they notice that they cannot. */
class JournalReaderIT {

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void deliversEverythingOnceInOrderWhateverTheSize(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      int[] sizes = {0, 1, 100, 1_000, 70_000, 300_000, 1_000_000, 10, 900_000};
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        writes.add(write(bucket, i, sizes[i % sizes.length]));
      }
      for (int i = 200; i < 10_000; i++) {
        writes.add(write(bucket, i, i % 50));
      }
      writes.forEach(CompletableFuture::join);
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        for (int i = 0; i < 10_000; i++) {
          JournalEntry entry = reader.next(Duration.ofSeconds(10)).orElseThrow();
          assertThat(entry.sequence()).isEqualTo(i + 1);
          assertThat(entry.value()).hasSize(i < 200 ? sizes[i % sizes.length] : i % 50);
          assertThat(entry.pending()).isEqualTo(9_999 - i);
        }
        assertThat(reader.next(Duration.ofMillis(50))).isEmpty();
        write(bucket, 10_000, 5).join();
        assertThat(reader.next(Duration.ofSeconds(5)).orElseThrow().sequence()).isEqualTo(10_001);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void beginsWhereItIsToldTo(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      for (int i = 0; i < 10; i++) {
        write(bucket, i, 1_000).join();
      }
      bucket
          .writes()
          .publishAsync(
              StateKey.of(AgentId.external("other"), "k"),
              Operation.PUT,
              new byte[7],
              EntryMetadata.NONE,
              HotWrites.ANY)
          .join();
      JournalEntry sixth = first(bucket, JournalRange.from(6)).orElseThrow();
      assertThat(sixth.sequence()).isEqualTo(6);
      Instant time = sixth.time();
      assertThat(first(bucket, JournalRange.from(time)).orElseThrow().sequence()).isEqualTo(6);
      assertThat(first(bucket, JournalRange.from(time.plusNanos(1))).orElseThrow().sequence())
          .isEqualTo(7);
      assertThat(first(bucket, JournalRange.from(12))).isEmpty();
      assertThat(first(bucket, JournalRange.from(Instant.now().plusSeconds(60)))).isEmpty();
      assertThat(
              first(bucket, JournalRange.from(1).ofAgent(AgentId.external("other")))
                  .orElseThrow()
                  .sequence())
          .isEqualTo(11);
      JournalEntry headers = first(bucket, JournalRange.from(1).withoutValues()).orElseThrow();
      assertThat(headers.value()).isEmpty();
      assertThat(headers.operation()).isEqualTo(Operation.PUT);
      try (JournalReader ahead = bucket.journal().read(JournalRange.from(14))) {
        for (int i = 0; i < 3; i++) {
          write(bucket, i, 1).join();
        }
        assertThat(ahead.next(Duration.ofSeconds(5)).orElseThrow().sequence()).isEqualTo(14);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void noticesThatItsBucketWasDeletedAndMadeAgain(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        RawNats raw = RawNats.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      write(bucket, 1, 10).join();
      BucketState before = bucket.journal().state();
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        assertThat(reader.next(Duration.ofSeconds(5))).isPresent();
        raw.deleteStream("KV_AGENT_STATE");
        assertThatThrownBy(() -> bucket.journal().read(JournalRange.from(1)))
            .isInstanceOf(TransientPersistenceException.class);
        assertThatThrownBy(
                () ->
                    bucket
                        .writes()
                        .publish(
                            StateKey.of(AgentId.external("agent"), "k"),
                            Operation.PUT,
                            new byte[1],
                            EntryMetadata.NONE,
                            HotWrites.ANY))
            .isInstanceOf(TransientPersistenceException.class);
        BucketState after = bucket.journal().state();
        assertThat(after.created()).isAfter(before.created());
        assertThat(after.lastSequence()).isZero();
        write(bucket, 1, 10).join();
        long start = System.nanoTime();
        assertThatThrownBy(() -> reader.next(Duration.ofSeconds(20)))
            .isInstanceOf(TransientPersistenceException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
      }
      assertThat(first(bucket, JournalRange.from(1)).orElseThrow().sequence()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void noticesThatTheServerIsSilent(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        assertThat(reader.next(Duration.ofSeconds(5))).as("heartbeats keep it alive").isEmpty();
        server.pause();
        long start = System.nanoTime();
        assertThatThrownBy(() -> reader.next(Duration.ofSeconds(20)))
            .isInstanceOf(TransientPersistenceException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .as("sooner than a ping finds out")
            .isLessThan(Duration.ofSeconds(6));
        server.resume();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void leavesNoConsumerBehind(String line) {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build());
        RawNats raw = RawNats.connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      bucket.journal().read(JournalRange.from(1)).close();
      assertThat(bucket.reads().list(AgentId.external("agent"), "")).isEmpty();
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(
              () -> RawNats.call(() -> raw.streams().getConsumerNames("KV_AGENT_STATE")).isEmpty());
    }
  }

  private static Optional<JournalEntry> first(HotBucket bucket, JournalRange range) {
    try (JournalReader reader = bucket.journal().read(range)) {
      return reader.next(Duration.ofMillis(500));
    }
  }

  private static CompletableFuture<Long> write(HotBucket bucket, int number, int size) {
    return bucket
        .writes()
        .publishAsync(
            StateKey.of(AgentId.external("agent"), "k" + number),
            Operation.PUT,
            new byte[size],
            EntryMetadata.NONE,
            HotWrites.ANY);
  }
}
