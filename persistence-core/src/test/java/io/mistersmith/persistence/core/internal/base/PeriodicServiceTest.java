package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When periodic services take their turns, and how many threads and wake-ups that costs. */
class PeriodicServiceTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration HALF = Duration.ofMillis(500);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration STEP = Duration.ofMillis(50);

  private final ManualTicker ticker = new ManualTicker();
  private final Services services =
      new Services(new ServiceHealth(PersistenceListener.NOOP), ticker);

  private PeriodicService start(Duration period, Background.Work work) {
    PeriodicService service = services.every(period, "service", "nothing", work);
    service.start();
    return service;
  }

  @AfterEach
  void noThreadIsLeft() {
    ticker.fail(null);
    assertThat(services.close(SOON)).isTrue();
    await().atMost(SOON).until(() -> !services.hasThreads());
  }

  @Test
  void takesOneTurnInEachPeriod() {
    AtomicInteger halves = new AtomicInteger();
    AtomicInteger minutes = new AtomicInteger();
    start(HALF, halves::incrementAndGet);
    start(Duration.ofMinutes(1), minutes::incrementAndGet);
    ticker.advance(services, HALF.minus(STEP), STEP);
    assertThat(halves).hasValue(0);
    ticker.advance(services, STEP, STEP);
    assertThat(halves).hasValue(1);
    ticker.advance(services, Duration.ofSeconds(59).plus(HALF), STEP);
    assertThat(halves).hasValue(120);
    assertThat(minutes).hasValue(1);
  }

  /** Three wake-ups of the ticker and the worker serve all that is due at a time. */
  @Test
  void servicesAreDueTogether() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    AtomicInteger turns = new AtomicInteger();
    for (int i = 0; i < 6; i++) {
      start(
          i % 2 == 0 ? HALF : SECOND,
          () -> {
            threads.add(Thread.currentThread());
            turns.incrementAndGet();
          });
      ticker.move(Duration.ofMillis(7));
    }
    ticker.advance(services, Duration.ofSeconds(2), STEP);
    long before = services.wakeUps();
    turns.set(0);
    ticker.advance(services, Duration.ofSeconds(30), STEP);
    assertThat(turns.get()).isBetween(260, 280);
    assertThat(services.wakeUps() - before).isLessThan(30 * 2 * 3 + 20);
    assertThat(threads).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void oneThatIsHeldUpHoldsUpNoOther() {
    CountDownLatch held = new CountDownLatch(1);
    AtomicInteger stuck = new AtomicInteger();
    AtomicInteger turns = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      start(
          HALF,
          () -> {
            stuck.incrementAndGet();
            assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();
          });
    }
    start(HALF, turns::incrementAndGet);
    for (int i = 1; i < 10; i++) {
      ticker.move(HALF);
      int expected = i;
      await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(5))
          .untilAsserted(
              () -> {
                ticker.move(Duration.ofMillis(10));
                assertThat(turns.get()).isGreaterThanOrEqualTo(expected);
              });
    }
    assertThat(stuck).hasValue(3);
    held.countDown();
  }

  @Test
  void oneOnDemandTakesATurnForEachTimeThatItIsWokenOutsideOfOne() {
    AtomicInteger turns = new AtomicInteger();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    PeriodicService service =
        services.onDemand(
            "service",
            "nothing",
            () -> {
              turns.incrementAndGet();
              inside.countDown();
              assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();
            });
    service.start();
    ticker.advance(services, Duration.ofDays(30), Duration.ofDays(1));
    assertThat(turns).hasValue(0);
    service.wake();
    await().atMost(SOON).until(() -> inside.getCount() == 0);
    service.wake();
    service.wake();
    held.countDown();
    ticker.awaitQuiet(services);
    assertThat(turns).hasValue(2);
  }

  @Test
  void aWokenServiceKeepsItsPeriod() {
    AtomicInteger turns = new AtomicInteger();
    PeriodicService service = start(SECOND, turns::incrementAndGet);
    ticker.advance(services, Duration.ofMillis(200), STEP);
    service.wake();
    ticker.awaitQuiet(services);
    assertThat(turns).hasValue(1);
    ticker.advance(services, Duration.ofMillis(800), STEP);
    assertThat(turns).hasValue(2);
  }

  @Test
  void waitsLongerAfterEachFailure() {
    AtomicInteger turns = new AtomicInteger();
    start(
        Duration.ofMillis(10),
        () -> {
          turns.incrementAndGet();
          throw new AssertionError("sabotage");
        });
    ticker.advance(services, Duration.ofMinutes(1), Duration.ofMillis(10));
    assertThat(turns.get()).isBetween(55, 140);
    assertThat(services.notices()).singleElement().asString().contains("failed");
  }

  @ParameterizedTest
  @ValueSource(classes = {IllegalStateException.class, OutOfMemoryError.class})
  void goesOnAfterATickerThatThrew(Class<? extends Throwable> thrown) throws Exception {
    AtomicInteger turns = new AtomicInteger();
    LoopService loop = services.loop("loop", "nothing", turns::incrementAndGet);
    AtomicInteger ticks = new AtomicInteger();
    PeriodicService periodic = start(HALF, ticks::incrementAndGet);
    loop.start();
    await().atMost(SOON).until(() -> turns.get() > 0);
    ticker.fail(thrown.getDeclaredConstructor().newInstance());
    await().pollDelay(Duration.ofMillis(150)).atMost(SOON).until(() -> true);
    ticker.fail(null);
    int before = turns.get();
    await().atMost(SOON).until(() -> turns.get() > before);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              ticker.move(HALF);
              assertThat(ticks.get()).isGreaterThan(3);
            });
    assertThat(loop.isRunning()).isTrue();
    assertThat(periodic.isRunning()).isTrue();
  }
}
