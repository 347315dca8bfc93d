package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.state.QueryCache;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A cache of queries keeps results, and none outlives its invalidation. */
public abstract class QueryCacheContract extends PersistenceContract {

  private final AtomicInteger loads = new AtomicInteger();

  /** For implementations. */
  protected QueryCacheContract() {}

  private QueryCache<Object> cache() {
    return cache(persistence());
  }

  private static QueryCache<Object> cache(Persistence runtime) {
    return runtime.queries("by type", Object.class);
  }

  /** Counts how often it is asked. */
  private Supplier<Object> source(Object result) {
    return () -> loads.incrementAndGet() > 0 ? result : "never";
  }

  private static Object unreachable() {
    throw new AssertionError("the result was not kept");
  }

  @Test
  void aResultIsLoadedOnceForAllProcesses() {
    QueryCache<Object> cache = cache();
    Object result = Map.of("count", 7, "text", "line\nbreak \u65e5");
    assertThat(cache.get("a", source(result))).isEqualTo(result);
    assertThat(cache.get("a", QueryCacheContract::unreachable)).isEqualTo(result);
    assertThat(cache(open(config().build())).get("a", QueryCacheContract::unreachable))
        .isEqualTo(result);
    assertThat(loads).hasValue(1);
    assertThat(cache.stats().loads()).isEqualTo(1);
    assertThat(cache.stats().hits()).isEqualTo(1);
    assertThat(cache.stats().notKept()).isZero();
  }

  @Test
  void nothingIsAResultToo() {
    assertThat(cache().find("none", Optional::empty)).isEmpty();
    assertThat(cache().find("none", () -> Optional.of("later"))).isEmpty();
    cache().invalidate("none");
    assertThat(cache().find("none", () -> Optional.of("later"))).contains("later");
  }

  @Test
  void parametersAreAnyText() {
    List<String> many = new ArrayList<>(List.of("", "=", "generation", "sha256:", "a.b *>", "\0"));
    many.add("x".repeat(100_000));
    many.add("x".repeat(100_001));
    many.add("\ud83d\ude00".repeat(300));
    many.add("\ud83d");
    for (String parameters : many) {
      cache().get(parameters, source(parameters.hashCode()));
    }
    for (String parameters : many) {
      assertThat(cache().get(parameters, QueryCacheContract::unreachable))
          .isEqualTo(parameters.hashCode());
    }
  }

  @Test
  void queriesDoNotMeet() {
    cache().get("a", source(1));
    QueryCache<Object> other = persistence().queries("other", Object.class);
    assertThat(other.get("a", source(2))).isEqualTo(2);
    cache().invalidateAll();
    cache().invalidate("a");
    assertThat(other.get("a", QueryCacheContract::unreachable)).isEqualTo(2);
    assertThat(cache().get("a", source(3))).isEqualTo(3);
  }

  @Test
  void anInvalidationReachesAllProcesses() {
    QueryCache<Object> other = cache(open(config().build()));
    cache().get("a", source(1));
    cache().get("b", source(1));
    other.invalidate("a");
    assertThat(cache().get("a", source(2))).isEqualTo(2);
    assertThat(cache().get("b", QueryCacheContract::unreachable)).isEqualTo(1);
    other.invalidateAll();
    assertThat(cache().get("a", source(3))).isEqualTo(3);
    assertThat(cache().get("b", source(3))).isEqualTo(3);
    assertThat(other.stats().invalidations()).isEqualTo(2);
  }

  @Test
  void aLoadThatBeganBeforeAnInvalidationIsNotKept() {
    QueryCache<Object> other = cache(open(config().build()));
    for (QueryCache<Object> by : List.of(cache(), other)) {
      for (Runnable invalidation : List.<Runnable>of(() -> by.invalidate("a"), by::invalidateAll)) {
        assertThat(
                cache()
                    .get(
                        "a",
                        () -> {
                          invalidation.run();
                          return "old";
                        }))
            .isEqualTo("old");
        assertThat(cache().get("a", source("new"))).isEqualTo("new");
        assertThat(other.get("a", QueryCacheContract::unreachable)).isEqualTo("new");
        by.invalidate("a");
      }
    }
  }

  @Test
  void aCallerAfterAnInvalidationDoesNotJoinALoadBeforeIt() throws Exception {
    QueryCache<Object> here = cache();
    QueryCache<Object> other = cache(open(config().build()));
    for (QueryCache<Object> by : List.of(other, here)) {
      List<CompletableFuture<Object>> after = new ArrayList<>();
      Object before =
          here.get(
              "a",
              () -> {
                by.invalidate("a");
                after.add(OwnThread.supply(() -> here.get("a", source("new"))));
                letJoin(after.get(0));
                return "old";
              });
      assertThat(before).isEqualTo("old");
      assertThat(after.get(0).get(60, TimeUnit.SECONDS)).isEqualTo("new");
      here.invalidate("a");
    }
  }

  /** Gives a caller the time to wait for the load that this is called by. */
  private static void letJoin(CompletableFuture<Object> caller) {
    try {
      Object unused = caller.get(200, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      assertThat(caller).isNotDone();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void callersThatMissAtOnceLoadOnce() throws Exception {
    QueryCache<Object> cache = cache();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CountDownLatch all = new CountDownLatch(8);
      List<CompletableFuture<Object>> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  all.countDown();
                  return cache.get("a", () -> afterAll(all));
                },
                threads));
      }
      for (CompletableFuture<Object> caller : callers) {
        assertThat(caller.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      }
      assertThat(loads).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  private Object afterAll(CountDownLatch all) {
    loads.incrementAndGet();
    try {
      assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return 1;
  }

  @Test
  void aSourceThatFailsFailsItsCallersAndNothingIsKept() {
    assertThatThrownBy(
            () ->
                cache()
                    .get(
                        "a",
                        () -> {
                          throw new IllegalStateException("no such table");
                        }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no such table");
    assertThat(cache().get("a", source(1))).isEqualTo(1);
  }

  @Test
  void aResultEndsWithItsTimeToLive() {
    QueryCache<Object> brief = cache().withTimeToLive(Duration.ofMillis(300));
    brief.get("a", source(1));
    cache().get("b", source(1));
    elapse(Duration.ofMillis(400));
    assertThat(cache().get("a", source(2))).isEqualTo(2);
    assertThat(cache().get("b", QueryCacheContract::unreachable)).isEqualTo(1);
  }

  @Test
  void aResultThatTookTooLongIsNotKept() {
    Persistence runtime =
        open(
            config()
                .bucket(
                    Bucket.QUERY_CACHE,
                    Bucket.QUERY_CACHE.defaults().toBuilder().maxAge(Duration.ofSeconds(1)).build())
                .build());
    QueryCache<Object> cache = cache(runtime);
    Object slow =
        cache.get(
            "a",
            () -> {
              elapse(Duration.ofMillis(600));
              return "slow";
            });
    assertThat(slow).isEqualTo("slow");
    assertThat(cache.get("a", source("fast"))).isEqualTo("fast");
    assertThat(cache.stats().notKept()).isEqualTo(1);
  }
}
