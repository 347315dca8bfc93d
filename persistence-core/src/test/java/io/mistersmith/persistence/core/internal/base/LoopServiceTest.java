package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopServiceTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final List<PersistenceEvent.ServiceFailed> heard = new CopyOnWriteArrayList<>();
  private final Services services =
      new Services(
          new ServiceHealth(
              PersistenceListener.of(
                  PersistenceEvent.ServiceFailed.class,
                  failure -> {
                    heard.add(failure);
                    throw new AssertionError("a listener that fails");
                  }),
              Duration.ofMillis(300)),
          Ticker.SYSTEM);
  private final BlockingQueue<Background.Work> work = new LinkedBlockingQueue<>();
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger last = new AtomicInteger();
  private final LoopService service =
      services.loop("service", "nothing is done", this::turn, last::incrementAndGet);

  private void turn() throws InterruptedException {
    Background.Work next = work.poll(50, TimeUnit.MILLISECONDS);
    if (next != null) {
      next.run();
      done.incrementAndGet();
    }
  }

  private void awaitDone(int turns) {
    await().atMost(SOON).until(() -> done.get() >= turns);
  }

  @AfterEach
  void close() {
    assertThat(service.close(SOON)).isTrue();
    assertThat(service.isRunning()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        AssertionError.class,
        OutOfMemoryError.class,
        StackOverflowError.class,
        NoClassDefFoundError.class,
        ThreadDeath.class,
        IllegalStateException.class
      })
  void goesOnAfter(Class<? extends Throwable> thrown) throws Exception {
    service.start();
    Throwable failure = thrown.getDeclaredConstructor().newInstance();
    for (int i = 0; i < 3; i++) {
      work.add(
          () -> {
            if (failure instanceof Error error) {
              throw error;
            }
            throw (RuntimeException) failure;
          });
    }
    await().atMost(SOON).until(() -> heard.size() == 3);
    assertThat(heard.get(0))
        .isEqualTo(
            new PersistenceEvent.ServiceFailed("service", "nothing is done", 1, false, failure));
    work.add(() -> {});
    awaitDone(1);
    assertThat(service.isRunning()).isTrue();
    await().atMost(SOON).untilAsserted(() -> assertThat(services.notices()).isEmpty());
  }

  @Test
  void saysInNoticesThatItFails() {
    CountDownLatch repaired = new CountDownLatch(1);
    service.start();
    work.add(
        () -> {
          throw new IllegalStateException("first");
        });
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              work.add(
                  () -> {
                    if (repaired.getCount() > 0) {
                      throw new IllegalStateException("the next one");
                    }
                  });
              assertThat(services.notices())
                  .singleElement()
                  .asString()
                  .contains("service failed", "nothing is done", "IllegalStateException")
                  .doesNotContain("the next one");
            });
    repaired.countDown();
    await().atMost(SOON).untilAsserted(() -> assertThat(services.notices()).isEmpty());
  }

  @Test
  void saysInNoticesThatItIsStuck() {
    CountDownLatch stuck = new CountDownLatch(1);
    service.start();
    work.add(() -> assertThat(stuck.await(60, TimeUnit.SECONDS)).isTrue());
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(services.notices())
                    .singleElement()
                    .asString()
                    .contains("service has been in one call"));
    stuck.countDown();
    await().atMost(SOON).untilAsserted(() -> assertThat(services.notices()).isEmpty());
  }

  @Test
  void dropsAnInterruptOfApplicationCode() {
    service.start();
    for (int i = 0; i < 5; i++) {
      work.add(() -> Thread.currentThread().interrupt());
    }
    work.add(() -> assertThat(Thread.currentThread().isInterrupted()).isFalse());
    awaitDone(6);
    assertThat(heard).isEmpty();
  }

  @Test
  void waitsOutAPauseAlthoughItIsInterrupted() {
    service.start();
    work.add(
        () -> {
          long started = System.nanoTime();
          Thread.currentThread().interrupt();
          assertThat(service.pause(Duration.ofMillis(100))).isTrue();
          assertThat(System.nanoTime() - started).isGreaterThanOrEqualTo(100_000_000);
        });
    awaitDone(1);
    assertThat(heard).isEmpty();
  }

  @Test
  void closesFromItsOwnThread() {
    service.start();
    work.add(() -> assertThat(service.close(SOON)).isTrue());
    await().atMost(SOON).until(() -> !service.isRunning());
    assertThat(last).hasValue(1);
    assertThat(services.notices()).isEmpty();
  }

  @Test
  void endsAPauseWhenItIsClosed() {
    service.start();
    work.add(() -> assertThat(service.pause(Duration.ofMinutes(1))).isFalse());
    await().atMost(SOON).until(work::isEmpty);
    assertThat(service.close(SOON)).isTrue();
    assertThat(last).hasValue(1);
    assertThat(heard).isEmpty();
  }

  @Test
  void canBeClosedBeforeItWasStarted() {
    assertThat(service.close(Duration.ZERO)).isTrue();
    assertThat(service.isRunning()).isFalse();
  }

  @Test
  void worksAfterEachPeriod() {
    AtomicInteger turns = new AtomicInteger();
    PeriodicService periodic =
        services.every(Duration.ofMillis(5), "periodic", "nothing", turns::incrementAndGet);
    periodic.start();
    await().atMost(SOON).until(() -> turns.get() > 3);
    assertThat(periodic.close(SOON)).isTrue();
  }
}
