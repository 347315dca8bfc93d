package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.state.QueryCache;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** nats-server, which has the kept results in its memory, is killed and started again. */
@Tag("fault")
class QueryCacheRestartIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void queriesGoOnWithoutTheBucketAndAreKeptInANewOne() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence here = installation.open();
          Persistence there = installation.open()) {
        goThroughARestart(servers, here, there);
      }
    }
  }

  private static void goThroughARestart(FaultServers servers, Persistence here, Persistence there) {
    QueryCache<String> cache = here.queries("q", String.class);
    QueryCache<String> other = there.queries("q", String.class);
    assertThat(cache.get("a", () -> "first")).isEqualTo("first");
    assertThat(other.get("a", () -> "again")).isEqualTo("first");
    String old =
        cache.get(
            "b",
            () -> {
              other.invalidate("b");
              servers.nats().kill();
              return "old";
            });
    assertThat(old).isEqualTo("old");
    assertThat(cache.get("a", () -> "source")).isEqualTo("source");
    servers.nats().restart();
    await()
        .atMost(SOON)
        .until(() -> cache.get("a", () -> "new").equals("new") && cache.stats().hits() > 0);
    assertThat(other.get("b", () -> "new b")).isNotEqualTo("old");
    await().atMost(SOON).ignoreExceptions().untilAsserted(() -> other.invalidate("a"));
    assertThat(cache.get("a", () -> "newest")).isEqualTo("newest");
    await().atMost(SOON).until(() -> other.get("a", () -> "its own").equals("newest"));
  }
}
