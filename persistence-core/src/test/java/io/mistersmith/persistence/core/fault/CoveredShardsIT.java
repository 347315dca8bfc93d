package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of one runtime follows the owners that it reads, whatever becomes of its readers. */
@Tag("fault")
@Tag("full")
class CoveredShardsIT {

  private static final Duration NOTICED = Duration.ofSeconds(6);

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
  }

  private static void untilCached(StateRepository<Long> states, StateKey key) {
    soon()
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(() -> isCached(states, key));
  }

  private static boolean isCached(StateRepository<Long> states, StateKey key) {
    return states.find(key).filter(found -> found.layer() == StorageLayer.MEMORY_CACHE).isPresent();
  }

  private static StateKey key(String owner) {
    return StateKey.of(AgentId.external(owner), "k");
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void staysInMemoryWhileOthersAreWritten(String line) {
    FaultServers servers = FaultServers.unharmed();
    try (NatsServer nats = NatsServer.start(NatsOptions.defaults().withLine(line))) {
      Installation installation = servers.installation(nats.url());
      try (Persistence reader = installation.open();
          Persistence writer = installation.open()) {
        StateRepository<Long> read = reader.states(Long.class);
        StateRepository<Long> written = writer.states(Long.class);
        written.save(key("read"), 1L);
        untilCached(read, key("read"));
        AtomicLong value = new AtomicLong();
        await()
            .during(Duration.ofSeconds(5))
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(5))
            .until(
                () -> {
                  written.save(key("other"), value.incrementAndGet(), SaveOptions.unconditional());
                  return isCached(read, key("read"));
                });
        written.save(key("read"), 2L);
        soon().until(() -> read.find(key("read")).orElseThrow().value() == 2L);
        untilCached(read, key("read"));
      }
    }
  }

  @Test
  void noticesThatItsConsumerIsDeleted() {
    hearsAgainAfter(Streams::deleteConsumers);
  }

  @Test
  void noticesThatItsConsumerIsSilent() {
    hearsAgainAfter(streams -> streams.pauseConsumers(Duration.ofMinutes(5)));
  }

  private interface Fault {
    void happen(Streams streams);
  }

  private static void hearsAgainAfter(Fault fault) {
    FaultServers servers = FaultServers.unharmed();
    try (NatsServer nats = NatsServer.start(NatsOptions.defaults().withLine(NatsOptions.NEWEST))) {
      Installation installation = servers.installation(nats.url());
      try (Persistence reader = installation.open();
          Persistence writer = installation.open();
          Streams streams = Streams.of(installation)) {
        StateRepository<Long> read = reader.states(Long.class);
        StateRepository<Long> written = writer.states(Long.class);
        for (long i = 1; i <= 3; i++) {
          long value = i;
          written.save(key("read"), value);
          soon().until(() -> read.find(key("read")).orElseThrow().value() == value);
          untilCached(read, key("read"));
          fault.happen(streams);
          written.save(key("read"), -value);
          long from = System.nanoTime();
          await()
              .atMost(NOTICED)
              .pollInterval(Duration.ofMillis(5))
              .until(() -> read.find(key("read")).orElseThrow().value() == -value);
          servers.report(
              "CoveredShards",
              "noticed_after_ms=%d".formatted((System.nanoTime() - from) / 1_000_000));
          untilCached(read, key("read"));
        }
      }
    }
  }

  @Test
  void noticesThatItsBucketIsMadeAgain() {
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    try (Persistence reader = installation.open();
        Persistence writer = installation.open();
        Streams streams = Streams.of(installation)) {
      StateRepository<Long> read = reader.states(Long.class);
      StateRepository<Long> written = writer.states(Long.class);
      written.save(key("read"), 1L);
      untilCached(read, key("read"));
      streams.recreate();
      soon()
          .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
          .until(() -> written.save(key("read"), 2L, SaveOptions.unconditional()) != null);
      await()
          .atMost(NOTICED)
          .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
          .until(() -> read.find(key("read")).orElseThrow().value() == 2L);
      untilCached(read, key("read"));
      written.save(key("read"), 3L);
      await().atMost(NOTICED).until(() -> read.find(key("read")).orElseThrow().value() == 3L);
    }
  }

  /** While the watch goes from a few shards to many, and to the whole bucket. */
  @Test
  void neverGoesBackWhileMoreAndMoreOwnersAreRead() throws Exception {
    int owners = 400;
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < owners; i++) {
      keys.add(key("owner-" + i));
    }
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    try (Persistence reader = installation.open();
        Persistence writer = installation.open()) {
      StateRepository<Long> read = reader.states(Long.class);
      StateRepository<Long> written = writer.states(Long.class);
      long[] last = new long[owners];
      keys.forEach(key -> written.save(key, 0L));
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                Random random = new Random(1);
                for (long value = 1; !over.get(); value++) {
                  int owner = random.nextInt(owners);
                  written.save(keys.get(owner), value, SaveOptions.unconditional());
                  last[owner] = value;
                }
              });
      long[] seen = new long[owners];
      Random random = new Random(2);
      long begin = System.nanoTime();
      long turns = Duration.ofSeconds(10).toNanos();
      for (long at = 0; at < turns; at = System.nanoTime() - begin) {
        int owner = random.nextInt(1 + (int) ((owners - 1) * at / turns));
        long found = read.find(keys.get(owner)).orElseThrow().value();
        assertThat(found).isGreaterThanOrEqualTo(seen[owner]);
        seen[owner] = found;
      }
      over.set(true);
      writing.get(60, TimeUnit.SECONDS);
      for (int i = 0; i < owners; i++) {
        int owner = i;
        soon().until(() -> read.find(keys.get(owner)).orElseThrow().value() == last[owner]);
      }
      assertThat(reader.operations().cacheStats(DataType.AGENT_STATE).orElseThrow().hits())
          .isPositive();
    }
  }
}
