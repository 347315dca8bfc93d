package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The threads of connections that were closed, lost, or never made. */
class ConnectionThreadsIT {

  private static final int ROUNDS = 20;
  private static final String PREFIX = "persistence-nats";

  @Test
  void noThreadIsLeftOfStoresThatWereClosed() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults())) {
      Set<Thread> before = threads();
      for (int i = 0; i < ROUNDS; i++) {
        try (NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
          assertThat(store.bucket(Bucket.QUERY_CACHE).journal().state().messages()).isZero();
        }
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(names(before)).isEmpty());
    }
  }

  @Test
  void aReconnectAddsNoThreads() {
    try (NatsServer server = NatsServer.start(NatsOptions.defaults());
        NatsStore store = NatsFixture.connect(NatsFixture.config(server, "").build())) {
      AtomicInteger reconnects = new AtomicInteger();
      store.onReconnect(reconnects::incrementAndGet);
      for (int round = 1; round <= ROUNDS; round++) {
        server.kill();
        server.restart();
        int expected = round;
        Awaitility.await()
            .pollInterval(Duration.ofMillis(5))
            .atMost(Duration.ofSeconds(60))
            .until(() -> reconnects.get() >= expected);
      }
      // One each for what jnats calls back, its reader, its writer and so on: they are used again.
      assertThat(names(Set.of())).hasSizeLessThan(ROUNDS);
      assertThat(names(Set.of()))
          .filteredOn(name -> name.contains("callback") || name.contains("connect-"))
          .hasSizeLessThanOrEqualTo(1);
    }
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(PREFIX))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> names(Set<Thread> without) {
    return threads().stream()
        .filter(thread -> !without.contains(thread))
        .map(Thread::getName)
        .collect(Collectors.toUnmodifiableSet());
  }
}
