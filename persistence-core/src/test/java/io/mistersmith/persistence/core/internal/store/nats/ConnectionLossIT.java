package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes, reads and readers when the server dies under them. */
class ConnectionLossIT {

  @Test
  void theServicesEndAtOnceWhileTheServerIsAway() {
    Services services = new Services(event -> {});
    try (NatsServer server = start(NatsOptions.NEWEST);
        NatsStore store =
            NatsStore.connect(
                NatsFixture.config(server, "").build(), UUID.randomUUID(), services)) {
      server.kill();
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> store.outage().isPresent());
      assertThat(services.close(Duration.ofSeconds(5))).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void everyAcknowledgedWriteIsThereAndNoRefusedOneAppearsLater(String line) throws Exception {
    try (NatsServer server = start(line);
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      Map<Integer, Long> acknowledged = new ConcurrentHashMap<>();
      Set<Integer> refusedUnsent = ConcurrentHashMap.newKeySet();
      AtomicInteger next = new AtomicInteger();
      AtomicBoolean stop = new AtomicBoolean();
      ConcurrentLinkedQueue<CompletableFuture<?>> ended = new ConcurrentLinkedQueue<>();
      Thread writer =
          new Thread(
              () -> {
                while (!stop.get()) {
                  int i = next.getAndIncrement();
                  CompletableFuture<Long> write = write(bucket, i);
                  boolean unsent = write.isCompletedExceptionally();
                  ended.add(
                      write.handle(
                          (sequence, failure) -> {
                            if (failure == null) {
                              acknowledged.put(i, sequence);
                            } else if (unsent) {
                              refusedUnsent.add(i);
                            }
                            return i;
                          }));
                  if (unsent) {
                    LockSupport.parkNanos(200_000);
                  }
                }
              },
              "test-writer");
      writer.start();
      for (int kill = 0; kill < 3; kill++) {
        int before = acknowledged.size();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> acknowledged.size() > before + 2_000);
        server.kill();
        // from here to the restart nothing can be stored: what is still acknowledged was stored
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !refusedUnsent.isEmpty());
        server.restart();
      }
      int before = acknowledged.size();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> acknowledged.size() > before + 1_000);
      stop.set(true);
      writer.join(10_000);
      for (CompletableFuture<?> write : ended) {
        write.join();
      }

      Map<Long, String> stored = new HashMap<>();
      Set<String> storedKeys = ConcurrentHashMap.newKeySet();
      for (JournalEntry entry : readAll(bucket)) {
        stored.put(entry.sequence(), entry.key().orElseThrow().key());
        storedKeys.add(entry.key().orElseThrow().key());
      }
      acknowledged.forEach((i, sequence) -> assertThat(stored).containsEntry(sequence, "k" + i));
      assertThat(refusedUnsent).isNotEmpty();
      assertThat(refusedUnsent).noneMatch(i -> storedKeys.contains("k" + i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void whatFailedIsNeverAppliedAfterTheReconnect(String line) {
    try (NatsServer server = start(line);
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger reconnects = new AtomicInteger();
      store.onReconnect(reconnects::incrementAndGet);
      for (int round = 0; round < 3; round++) {
        List<CompletableFuture<Long>> writes = new ArrayList<>();
        Thread killer = new Thread(server::kill, "test-killer");
        killer.start();
        int first = round * 1_000_000;
        for (int i = first; i < first + 20_000; i++) {
          writes.add(write(bucket, i));
        }
        Set<String> failed = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < writes.size(); i++) {
          String key = "k" + (first + i);
          writes.get(i).handle((sequence, failure) -> failure == null || failed.add(key)).join();
        }
        assertThat(failed).isNotEmpty();
        join(killer);
        int seen = reconnects.get();
        Instant restarted = Instant.now();
        server.restart();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> reconnects.get() > seen);
        long own = write(bucket, first + 999_999).join();
        try (JournalReader reader = bucket.journal().read(JournalRange.from(restarted))) {
          assertThat(reader.next(Duration.ofSeconds(5)).orElseThrow().sequence())
              .as("the first that was stored since the restart")
              .isEqualTo(own);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void awayItFailsFastAndBackItTellsAndWorks(String line) {
    try (NatsServer server = start(line);
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      BlockingQueue<String> threads = new LinkedBlockingQueue<>();
      AtomicInteger nudges = new AtomicInteger();
      bucket.journal().onNudge(nudges::incrementAndGet);
      store.onReconnect(() -> threads.add(Thread.currentThread().getName()));
      write(bucket, 1).join();
      try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
        assertThat(reader.next(Duration.ofSeconds(5))).isPresent();
        server.kill();
        TransientPersistenceException lost =
            catchThrowableOfType(
                TransientPersistenceException.class, () -> reader.next(Duration.ofSeconds(5)));
        assertThat(lost.error()).isEqualTo(DataError.CONNECTION_FAILED);
      }
      long started = System.nanoTime();
      for (Runnable call :
          List.<Runnable>of(
              () ->
                  bucket
                      .writes()
                      .publish(key(2), Operation.PUT, bytes("2"), EntryMetadata.NONE, -1),
              () -> bucket.reads().get(key(1), ReadFrom.ANY_REPLICA),
              () -> bucket.reads().get(key(1), ReadFrom.LEADER),
              () -> bucket.reads().getAll(List.of(key(1)), ReadFrom.ANY_REPLICA),
              () -> bucket.reads().list(AgentId.external("agent"), ""),
              bucket.journal()::state,
              () -> bucket.journal().read(JournalRange.from(1)))) {
        PersistenceException failure = catchThrowableOfType(PersistenceException.class, call::run);
        assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
        assertThat(failure.isTransient()).isTrue();
      }
      assertThat(bucket.writes().evictAgent(AgentId.external("agent"), 1))
          .failsWithin(Duration.ofSeconds(1))
          .withThrowableThat()
          .withCauseInstanceOf(TransientPersistenceException.class);
      bucket.journal().nudge();
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(1));

      server.restart();
      long up = System.nanoTime();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(Duration.ofSeconds(60))
          .until(() -> !threads.isEmpty());
      System.out.printf(
          "%s: reconnect told %d ms after the server was ready%n",
          server.version(), Duration.ofNanos(System.nanoTime() - up).toMillis());
      assertThat(threads).allMatch(name -> name.startsWith("persistence-nats-"));
      assertThat(bucket.reads().get(key(1), ReadFrom.LEADER)).isPresent();
      assertThat(bucket.reads().get(key(2), ReadFrom.LEADER)).as("no ghost").isEmpty();
      write(bucket, 3).join();
      assertThat(readAll(bucket)).hasSize(2);
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(
              () -> {
                bucket.journal().nudge();
                return nudges.get() > 0;
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aConditionalWriteThatWasStoredIsNotReportedAsFailed(String line) throws Exception {
    try (NatsServer server = start(line);
        NatsStore store = connect(server)) {
      HotBucket bucket = store.bucket(Bucket.AGENT_STATE);
      AtomicInteger reconnects = new AtomicInteger();
      store.onReconnect(reconnects::incrementAndGet);
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      // The writing thread may be waiting for room in the window, which the lost writes keep until
      // they are found: it must not be the one that brings the server back.
      Thread killer =
          new Thread(
              () -> {
                server.kill();
                server.restart();
              },
              "test-killer");
      for (int i = 0; i < 1_500; i++) {
        if (i == 1_000) {
          killer.start();
        }
        writes.add(conditional(bucket, i));
      }
      killer.join(10_000);
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> reconnects.get() > 0);
      int stored = 0;
      for (int i = 0; i < writes.size(); i++) {
        Throwable failure = writes.get(i).handle((sequence, e) -> e).get();
        Optional<Long> sequence =
            bucket.reads().get(key(i), ReadFrom.LEADER).map(entry -> entry.sequence());
        if (failure == null) {
          assertThat(sequence).contains(writes.get(i).join());
          stored++;
        } else {
          assertThat(failure).isInstanceOf(TransientPersistenceException.class);
          assertThat(sequence).as(failure.getMessage()).isEmpty();
        }
      }
      System.out.printf("%s: %d of %d stored%n", server.version(), stored, writes.size());
    }
  }

  private static CompletableFuture<Long> conditional(HotBucket bucket, int number) {
    return bucket
        .writes()
        .publishAsync(key(number), Operation.PUT, bytes("v"), writeId(number), HotWrites.NONE);
  }

  private static EntryMetadata writeId(int number) {
    return new EntryMetadata(Optional.empty(), Optional.empty(), Optional.of("w" + number));
  }

  private static NatsServer start(String line) {
    return NatsServer.start(NatsOptions.defaults().withLine(line));
  }

  private static NatsStore connect(NatsServer server) {
    PersistenceConfig config = NatsFixture.config(server, "").build();
    return NatsFixture.connect(
        config.toBuilder()
            .nats(config.nats().toBuilder().requestTimeout(Duration.ofSeconds(5)).build())
            .build());
  }

  private static StateKey key(int number) {
    return StateKey.of(AgentId.external("agent"), "k" + number);
  }

  private static CompletableFuture<Long> write(HotBucket bucket, int number) {
    return bucket
        .writes()
        .publishAsync(
            key(number), Operation.PUT, bytes("v" + number), EntryMetadata.NONE, HotWrites.ANY);
  }

  private static List<JournalEntry> readAll(HotBucket bucket) {
    List<JournalEntry> entries = new ArrayList<>();
    long last = bucket.journal().state().lastSequence();
    try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
      while (entries.isEmpty() || entries.get(entries.size() - 1).sequence() < last) {
        entries.add(reader.next(Duration.ofSeconds(10)).orElseThrow());
      }
    }
    return entries;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void join(Thread thread) {
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
