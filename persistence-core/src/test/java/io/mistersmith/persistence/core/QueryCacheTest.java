package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The cache of queries through outages, restarts and long pauses. */
class QueryCacheTest {

  private static final Duration MAX_AGE = Bucket.QUERY_CACHE.defaults().maxAge();

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Persistence persistence = Persistence.open(config, stores);
  private final QueryCache<Object> cache = persistence.queries("q", Object.class);

  @AfterEach
  void close() {
    persistence.close();
  }

  private static Object unreachable() {
    throw new AssertionError("the result was not kept");
  }

  @Test
  void whileTheBucketIsDownTheSourceAnswersAndOnceASecondItIsTried() {
    assertThat(cache.get("a", () -> 1)).isEqualTo(1);
    stores.hotOutage(true);
    assertThat(cache.get("a", () -> 2)).isEqualTo(2);
    stores.hotOutage(false);
    assertThat(cache.get("a", () -> 3)).as("not asked again yet").isEqualTo(3);
    clock.advance(Duration.ofSeconds(1));
    assertThat(cache.get("a", QueryCacheTest::unreachable)).isEqualTo(1);
    assertThat(cache.stats().bypassed()).isEqualTo(2);
  }

  @Test
  void anInvalidationThatDoesNotArriveFails() {
    cache.get("a", () -> 1);
    stores.hotOutage(true);
    assertThatThrownBy(() -> cache.invalidate("a")).isInstanceOf(PersistenceException.class);
    assertThatThrownBy(cache::invalidateAll).isInstanceOf(PersistenceException.class);
    stores.hotOutage(false);
    cache.invalidate("a");
    assertThat(cache.get("a", () -> 2)).isEqualTo(2);
    assertThat(cache.stats().invalidations()).isEqualTo(1);
  }

  @Test
  void anOutageThatBeginsDuringALoadDoesNotFailIt() {
    Object result =
        cache.get(
            "a",
            () -> {
              stores.hotOutage(true);
              return 1;
            });
    assertThat(result).isEqualTo(1);
    assertThat(cache.stats().notKept()).isEqualTo(1);
  }

  @Test
  void aRestartThatEmptiesTheBucketDoesNotBringBackWhatWasInvalidated() {
    Object old =
        cache.get(
            "a",
            () -> {
              cache.invalidate("a");
              stores.recreate(Bucket.QUERY_CACHE);
              return "old";
            });
    assertThat(old).isEqualTo("old");
    assertThat(cache.get("a", () -> "new")).isEqualTo("new");
  }

  @Test
  void aWriterThatStoodStillForLongerThanMarkersLiveIsNotBelieved() {
    cache.get("other", () -> 0);
    try (Stores raw = stores.open(config)) {
      HotBucket bucket = raw.hot().bucket(Bucket.QUERY_CACHE);
      StateKey key = StateKey.of(AgentId.external("q"), "=a");
      cache.get("a", () -> "old");
      HotEntry old = bucket.reads().get(key, ReadFrom.LEADER).orElseThrow();
      cache.invalidate("a");
      String text = new String(old.value(), StandardCharsets.UTF_8);
      clock.advance(MAX_AGE.dividedBy(2).plusSeconds(1));
      assertThat(cache.get("a", () -> "renews the generation")).isNotNull();
      clock.advance(MAX_AGE.dividedBy(2).plusSeconds(1));
      long unused =
          bucket
              .writes()
              .publish(
                  key,
                  old.operation(),
                  text.getBytes(StandardCharsets.UTF_8),
                  old.metadata(),
                  HotWrites.ANY);
    }
    assertThat(cache.get("a", () -> "new")).isEqualTo("new");
  }

  @Test
  void theGenerationIsRenewedBeforeItEnds() {
    cache.get("first", () -> 0);
    clock.advance(MAX_AGE.multipliedBy(3).dividedBy(4));
    cache.get("a", () -> 1);
    clock.advance(MAX_AGE.dividedBy(2));
    assertThat(cache.get("a", QueryCacheTest::unreachable)).isEqualTo(1);
  }

  @Test
  void whoSeesTheBucketDoesNotJoinALoadThatDidNot() throws Exception {
    List<CompletableFuture<Object>> after = new ArrayList<>();
    stores.hotOutage(true);
    Object before =
        cache.get(
            "a",
            () -> {
              stores.hotOutage(false);
              clock.advance(Duration.ofSeconds(1));
              persistence.queries("q", Object.class).invalidate("a");
              after.add(CompletableFuture.supplyAsync(() -> cache.get("a", () -> "new")));
              assertThatThrownBy(() -> after.get(0).get(200, TimeUnit.MILLISECONDS))
                  .isInstanceOf(TimeoutException.class);
              return "old";
            });
    assertThat(before).isEqualTo("old");
    assertThat(after.get(0).get(60, TimeUnit.SECONDS)).isEqualTo("new");
  }

  @Test
  void whatIsNoKeptResultIsLoadedAndReplaced() {
    cache.get("a", () -> 1);
    try (Stores raw = stores.open(config)) {
      HotBucket bucket = raw.hot().bucket(Bucket.QUERY_CACHE);
      StateKey key = StateKey.of(AgentId.external("q"), "=a");
      HotEntry entry = bucket.reads().get(key, ReadFrom.LEADER).orElseThrow();
      for (String garbage : new String[] {"", "{", "{}\n1", "no line"}) {
        long unused =
            bucket
                .writes()
                .publish(
                    key,
                    entry.operation(),
                    garbage.getBytes(StandardCharsets.UTF_8),
                    entry.metadata(),
                    HotWrites.ANY);
        assertThat(cache.get("a", () -> garbage)).isEqualTo(garbage);
        assertThat(cache.get("a", QueryCacheTest::unreachable)).isEqualTo(garbage);
      }
    }
  }

  @Test
  void aKeptResultOfAnotherTypeIsLoaded() {
    cache.get("a", () -> "text");
    QueryCache<Integer> numbers = persistence.queries("q", Integer.class);
    assertThat(numbers.get("a", () -> 5)).isEqualTo(5);
    assertThat(numbers.find("a", Optional::empty)).contains(5);
  }

  @Test
  void aResultThatIsTooLargeIsNotKept() {
    String large = "x".repeat(2_000_000);
    assertThat(cache.get("a", () -> large)).isEqualTo(large);
    assertThat(cache.get("a", () -> "small")).isEqualTo("small");
    assertThat(cache.stats().notKept()).isEqualTo(1);
  }

  @Test
  void aResultThatIsNoJsonIsNotKept() {
    assertThat(cache.get("a", () -> Double.NaN)).isEqualTo(Double.NaN);
    assertThat(cache.get("a", () -> 1)).isEqualTo(1);
    assertThat(cache.stats().notKept()).isEqualTo(1);
  }

  @Test
  @Timeout(10)
  void aSourceThatAsksForItsOwnResultDoesNotWaitForItself() {
    Object result = cache.get("a", () -> cache.get("a", () -> "inner") + " and outer");
    assertThat(result).isEqualTo("inner and outer");
  }

  @Test
  void aTimeToLiveIsAboveZero() {
    assertThatThrownBy(() -> cache.withTimeToLive(Duration.ZERO))
        .hasMessage("timeToLive is PT0S; give a time above zero");
  }
}
