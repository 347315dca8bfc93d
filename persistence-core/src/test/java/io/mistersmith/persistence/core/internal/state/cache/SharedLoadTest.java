package io.mistersmith.persistence.core.internal.state.cache;

import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.KEY;
import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One load at a time for a key, for any number of callers. */
class SharedLoadTest {

  private static final int CALLERS = 16;

  private final CacheFixture cache = CacheFixture.watching(CacheConfig.defaults());
  private final AtomicInteger loads = new AtomicInteger();
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void close() {
    release.countDown();
    cache.close();
  }

  private Optional<Thing> held(Supplier<Optional<Thing>> answer) {
    loads.incrementAndGet();
    try {
      assertThat(release.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return answer.get();
  }

  private CompletableFuture<Optional<Thing>> caller(Supplier<Optional<Thing>> answer) {
    return CompletableFuture.supplyAsync(
        () -> cache.l1.load(KEY, () -> held(answer), Optional::empty), cache.executor);
  }

  private List<CompletableFuture<Optional<Thing>>> callers(Supplier<Optional<Thing>> answer) {
    long before = cache.stats().misses();
    List<CompletableFuture<Optional<Thing>>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(caller(answer));
    }
    await(() -> cache.stats().misses() == before + CALLERS);
    return callers;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(2)).until(condition);
  }

  @Test
  void manyCallersShareOne() throws Exception {
    Thing stored = Thing.at(5);
    List<CompletableFuture<Optional<Thing>>> callers = callers(() -> Optional.of(stored));
    release.countDown();
    for (CompletableFuture<Optional<Thing>> caller : callers) {
      assertThat(caller.get(60, TimeUnit.SECONDS)).containsSame(stored);
    }
    assertThat(loads).hasValue(1);
    assertThat(cache.stats().loads()).isEqualTo(1);
  }

  @Test
  void itsFailureGoesToAllWhoWait() throws Exception {
    TransientPersistenceException failure =
        new TransientPersistenceException(DataError.CONNECTION_FAILED, "away");
    List<CompletableFuture<Optional<Thing>>> callers =
        callers(
            () -> {
              throw failure;
            });
    release.countDown();
    for (CompletableFuture<Optional<Thing>> caller : callers) {
      assertThat(caller.handle((found, thrown) -> thrown.getCause()).get(60, TimeUnit.SECONDS))
          .isSameAs(failure);
    }
    assertThat(loads).hasValue(1);
    assertThat(cache.stats().loadFailures()).isEqualTo(1);
    assertThat(cache.read(Thing.at(5))).as("the next one tries again").isPresent();
  }

  @Test
  void whoComesAfterAWriteDoesNotWaitForALoadFromBeforeIt() throws Exception {
    CompletableFuture<Optional<Thing>> before = caller(() -> Optional.of(Thing.at(5)));
    await(() -> loads.get() == 1);
    cache.l1.changed(KEY, new Revision.OfJournal(1, 6));
    assertThat(cache.read(Thing.at(6)).orElseThrow().revision())
        .isEqualTo(new Revision.OfJournal(1, 6));
    release.countDown();
    assertThat(before.get(60, TimeUnit.SECONDS)).isPresent();
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    assertThat(slot.entry().orElseThrow().revision()).isEqualTo(new Revision.OfJournal(1, 6));
  }

  @Test
  void anAsynchronousReadSharesToo() throws Exception {
    CompletableFuture<Optional<Thing>> waiting = caller(() -> Optional.of(Thing.at(5)));
    await(() -> loads.get() == 1);
    CompletableFuture<Optional<Thing>> shared =
        cache.l1.loadAsync(
            KEY,
            () -> CompletableFuture.failedFuture(new AssertionError("loaded twice")),
            () -> CompletableFuture.failedFuture(new AssertionError("not kept")));
    assertThat(shared).isNotDone();
    release.countDown();
    assertThat(shared.get(60, TimeUnit.SECONDS)).isEqualTo(waiting.get(15, TimeUnit.SECONDS));
  }

  @Test
  void anAsynchronousReadWhoseExecutorRefusesFails() {
    CompletableFuture<Optional<Thing>> waiting = caller(() -> Optional.of(Thing.at(5)));
    await(() -> loads.get() == 1);
    CompletableFuture<Optional<Thing>> shared =
        cache.l1.loadAsync(
            KEY,
            () -> CompletableFuture.failedFuture(new AssertionError("loaded twice")),
            () -> CompletableFuture.failedFuture(new AssertionError("not kept")));
    cache.executor.shutdown();
    release.countDown();
    assertThat(waiting).succeedsWithin(SOON);
    assertThat(shared)
        .failsWithin(SOON)
        .withThrowableThat()
        .withCauseInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void noThreadWaitsForAnAsynchronousLoad() {
    CompletableFuture<Optional<Thing>> underWay = new CompletableFuture<>();
    CompletableFuture<Optional<Thing>> first =
        cache.l1.loadAsync(KEY, () -> underWay, () -> underWay);
    assertThat(cache.read(Thing.at(5))).isPresent();
    underWay.complete(Optional.of(Thing.at(4)));
    assertThat(first).isCompletedWithValueMatching(Optional::isPresent);
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    assertThat(slot.entry().orElseThrow().revision()).isEqualTo(new Revision.OfJournal(1, 5));
  }

  @Test
  void anAsynchronousLoadIsKeptBeforeItsCallerLearnsOfIt() {
    CompletableFuture<Optional<Thing>> underWay = new CompletableFuture<>();
    CompletableFuture<Boolean> kept =
        cache.l1.loadAsync(KEY, () -> underWay, () -> underWay).thenApply(found -> cache.isKept());
    underWay.complete(Optional.of(Thing.at(5)));
    assertThat(kept).isCompletedWithValue(true);
  }

  @Test
  void anAsynchronousLoadThatFailedIsTriedAgain() {
    CompletableFuture<Optional<Thing>> failed =
        cache.l1.loadAsync(
            KEY,
            () ->
                CompletableFuture.failedFuture(
                    new TransientPersistenceException(DataError.CONNECTION_FAILED, "away")),
            () -> CompletableFuture.completedFuture(Optional.empty()));
    assertThat(failed).isCompletedExceptionally();
    assertThat(cache.read(Thing.at(5))).isPresent();
    assertThat(cache.isKept()).isTrue();
  }
}
