package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Callers of the cache of queries who meet at the worst moment. */
class QueryCacheRaceTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration MAX_AGE = Bucket.QUERY_CACHE.defaults().maxAge();

  private final ManualClock clock = ManualClock.create();
  private final Faults faults = new Faults(1);
  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Persistence elsewhere = Persistence.open(config, stores);
  private final QueryCache<Object> others = elsewhere.queries("q", Object.class);
  private final Persistence here = Persistence.open(config, new FaultyStores(stores, faults));
  private final QueryCache<Object> cache = here.queries("q", Object.class);

  @AfterEach
  void close() {
    faults.clear();
    here.close();
    elsewhere.close();
  }

  /** A caller on a thread of its own. */
  private static final class Caller {

    private final FutureTask<Object> call;
    private final Thread thread;

    Caller(Callable<Object> callable) {
      call = new FutureTask<>(callable);
      thread = new Thread(call, "caller");
      thread.setDaemon(true);
      thread.start();
    }

    Object result() throws Exception {
      return call.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    /** Until it waits for what another one loads, or is over. */
    void awaitJoined() {
      Awaitility.await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(2))
          .until(() -> call.isDone() || isJoined());
    }

    private boolean isJoined() {
      return thread.getState() == Thread.State.TIMED_WAITING
          && Arrays.stream(thread.getStackTrace())
              .anyMatch(frame -> frame.getClassName().equals(CompletableFuture.class.getName()));
    }
  }

  private static Object unreachable() {
    throw new AssertionError("the result was not kept");
  }

  @Test
  void whoMissedLooksAgainBeforeLoading() throws Exception {
    try (Gate looked = faults.on(Call.GET).pauseAfter()) {
      Caller missed = new Caller(() -> cache.get("a", QueryCacheRaceTest::unreachable));
      assertThat(looked.awaitArrival(SOON)).isTrue();
      assertThat(cache.get("a", () -> 1)).isEqualTo(1);
      looked.release();
      assertThat(missed.result()).isEqualTo(1);
    }
    assertThat(cache.stats().loads()).isEqualTo(1);
    assertThat(cache.stats().hits()).isEqualTo(1);
  }

  /** The result under a hash may be that of other parameters. */
  @Test
  void aResultAnswersNoParametersButItsOwn() {
    String wanted = "w".repeat(300);
    String colliding = "c".repeat(300);
    try (Stores raw = stores.open(config)) {
      HotBucket bucket = raw.hot().bucket(Bucket.QUERY_CACHE);
      cache.get(colliding, () -> "colliding");
      HotEntry entry = bucket.reads().get(onlyKey(bucket), ReadFrom.LEADER).orElseThrow();
      cache.get(wanted, () -> "wanted");
      others.invalidate(colliding);
      long unused =
          bucket
              .writes()
              .publish(
                  otherKey(bucket, entry.key()),
                  Operation.PUT,
                  entry.value(),
                  entry.metadata(),
                  HotWrites.ANY);
    }
    assertThat(cache.get(wanted, () -> "loaded")).isEqualTo("loaded");
    assertThat(cache.get(wanted, QueryCacheRaceTest::unreachable)).isEqualTo("loaded");
  }

  private static StateKey onlyKey(HotBucket bucket) {
    List<HotEntry> entries = bucket.reads().list(AgentId.external("q"), "_.sha256:");
    assertThat(entries).hasSize(1);
    return entries.get(0).key();
  }

  private static StateKey otherKey(HotBucket bucket, StateKey one) {
    return bucket.reads().list(AgentId.external("q"), "_.sha256:").stream()
        .map(HotEntry::key)
        .filter(key -> !key.equals(one))
        .findFirst()
        .orElseThrow();
  }

  private Caller joining(Supplier<Object> source) {
    Caller caller = new Caller(() -> cache.get("a", source));
    caller.awaitJoined();
    return caller;
  }

  @Test
  void aFailureGoesToAllWhoWaitForIt() throws Exception {
    Caller[] joined = new Caller[1];
    IllegalStateException failure = new IllegalStateException("no such table");
    Caller leader =
        new Caller(
            () ->
                cache.get(
                    "a",
                    () -> {
                      joined[0] = joining(QueryCacheRaceTest::unreachable);
                      throw failure;
                    }));
    assertThatThrownBy(leader::result).hasCause(failure);
    assertThatThrownBy(joined[0]::result).hasCause(failure);
  }

  @Test
  void butNotToWhoCameAfterAnInvalidation() throws Exception {
    for (Runnable invalidation :
        List.<Runnable>of(() -> others.invalidate("a"), others::invalidateAll)) {
      Caller[] joined = new Caller[1];
      Caller leader =
          new Caller(
              () ->
                  cache.get(
                      "a",
                      () -> {
                        invalidation.run();
                        joined[0] = joining(() -> "new");
                        throw new IllegalStateException("no such table");
                      }));
      assertThatThrownBy(leader::result).hasRootCauseMessage("no such table");
      assertThat(joined[0].result()).isEqualTo("new");
      cache.invalidate("a");
    }
  }

  @Test
  void whoComesAfterAnInvalidationByAllOthersDoesNotJoinALoadBeforeIt() throws Exception {
    Caller[] joined = new Caller[1];
    Object before =
        cache.get(
            "a",
            () -> {
              others.invalidateAll();
              joined[0] = joining(() -> "new");
              return "old";
            });
    assertThat(before).isEqualTo("old");
    assertThat(joined[0].result()).isEqualTo("new");
  }

  @Test
  void whoComesAfterTheOwnInvalidationDoesNotWaitForALoadBeforeIt() {
    for (Runnable invalidation :
        List.<Runnable>of(() -> cache.invalidate("a"), cache::invalidateAll)) {
      Object before =
          cache.get(
              "a",
              () -> {
                invalidation.run();
                return resultOf(new Caller(() -> cache.get("a", () -> "new")));
              });
      assertThat(before).isEqualTo("new");
      cache.invalidate("a");
    }
  }

  private static Object resultOf(Caller caller) {
    try {
      return caller.result();
    } catch (Exception e) {
      throw new AssertionError("it waits for a load from before the invalidation", e);
    }
  }

  @Test
  void aRenewedGenerationKeepsWhatIsKept() {
    cache.get("first", () -> 1);
    clock.advance(MAX_AGE.multipliedBy(3).dividedBy(4));
    cache.get("second", () -> 2);
    assertThat(cache.get("first", QueryCacheRaceTest::unreachable)).isEqualTo(1);
  }

  @Test
  void aRenewalDoesNotBringBackWhatWasInvalidatedMeanwhile() throws Exception {
    cache.get("first", () -> "old");
    clock.advance(MAX_AGE.multipliedBy(3).dividedBy(4));
    try (Gate renewal = faults.on(Call.PUBLISH).pauseBefore()) {
      Caller renewing = new Caller(() -> cache.get("second", () -> 2));
      assertThat(renewal.awaitArrival(SOON)).isTrue();
      others.invalidateAll();
      renewal.release();
      assertThat(renewing.result()).isEqualTo(2);
    }
    assertThat(cache.get("first", () -> "new")).isEqualTo("new");
  }

  @Test
  void aReplicaThatLagsBringsNothingBack() {
    faults.staleReplicas(true);
    cache.get("a", () -> "old");
    cache.invalidate("a");
    assertThat(cache.get("a", () -> "new")).isEqualTo("new");
    assertThat(cache.get("a", QueryCacheRaceTest::unreachable)).isEqualTo("new");
  }
}
