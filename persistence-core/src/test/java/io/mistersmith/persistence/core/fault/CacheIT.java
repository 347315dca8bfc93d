package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.Arrays;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The memory of one runtime while another one writes, and while nats-server is killed. */
@Tag("fault")
class CacheIT {

  private static final int WRITES = 300;
  private static final int KILLS = 3;

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
  }

  private static void untilCached(StateRepository<Long> states, StateKey key) {
    soon()
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(
            () ->
                states
                    .find(key)
                    .filter(found -> found.layer() == StorageLayer.MEMORY_CACHE)
                    .isPresent());
  }

  private static boolean isWatching(Persistence persistence) {
    return persistence.operations().cacheStats(DataType.AGENT_STATE).orElseThrow().watching();
  }

  @Test
  void anotherRuntimesWriteIsSeenWithinTheLatencyOfTheWatch() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence reader = installation.open();
          Persistence writer = installation.open()) {
        StateKey key = StateKey.of(installation.register(writer, 1).get(0), "k");
        StateRepository<Long> read = reader.states(Long.class);
        StateRepository<Long> written = writer.states(Long.class);
        long[] micros = new long[WRITES];
        written.save(key, 0L);
        for (int i = 0; i < WRITES; i++) {
          untilCached(read, key);
          long value = 1L + i;
          written.save(key, value);
          long acknowledged = System.nanoTime();
          Versioned<Long> found = read.find(key).orElseThrow();
          while (found.value() != value) {
            assertThat(System.nanoTime() - acknowledged)
                .as("nanoseconds since write %d", value)
                .isLessThan(Duration.ofSeconds(20).toNanos());
            Thread.onSpinWait();
            found = read.find(key).orElseThrow();
          }
          micros[i] = (System.nanoTime() - acknowledged) / 1_000;
        }
        Arrays.sort(micros);
        servers.report(
            "Cache",
            "writes=%d seen_by_another_after_us p50=%d p99=%d max=%d"
                .formatted(
                    WRITES, micros[WRITES / 2], micros[WRITES * 99 / 100], micros[WRITES - 1]));
      }
    }
  }

  @Test
  void whileNatsIsAwayMemoryAnswersNothingAndAfterwardsNothingOld() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence reader = installation.open();
          Persistence writer = installation.open()) {
        StateKey key = StateKey.of(installation.register(writer, 1).get(0), "k");
        StateRepository<Long> read = reader.states(Long.class);
        StateRepository<Long> written = writer.states(Long.class);
        written.save(key, 0L);
        for (long i = 1; i <= KILLS; i++) {
          long value = i;
          untilCached(read, key);
          servers.nats().kill();
          soon().until(() -> !isWatching(reader));
          assertThatMemoryAnswersNothing(read, key);
          servers.nats().restart();
          soon()
              .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
              .until(() -> written.save(key, value) != null);
          soon()
              .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
              .until(() -> read.find(key).orElseThrow().value() == value);
          untilCached(read, key);
          assertThat(read.find(key).orElseThrow().value()).isEqualTo(value);
        }
        written.save(key, 100L);
        soon().until(() -> read.find(key).orElseThrow().value() == 100L);
        servers.report("CacheRestart", "kills=%d stale=0".formatted(KILLS));
      }
    }
  }

  /** PostgreSQL may answer in NATS' place, and says so. */
  private static void assertThatMemoryAnswersNothing(StateRepository<Long> read, StateKey key) {
    try {
      assertThat(read.find(key).orElseThrow().awaySince()).isPresent();
    } catch (TransientPersistenceException e) {
      assertThat(e.error()).isIn(DataError.CONNECTION_FAILED, DataError.UNAVAILABLE);
    }
  }
}
