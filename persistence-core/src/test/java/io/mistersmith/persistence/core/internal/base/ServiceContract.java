package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The guarantees of every kind of service: its work may throw, and any thread may start or stop it.
 */
abstract class ServiceContract {

  static final Duration SOON = Duration.ofSeconds(60);
  private static final int SERVICES = 12;

  final List<PersistenceEvent.ServiceFailed> heard = new CopyOnWriteArrayList<>();
  final Services services =
      new Services(
          new ServiceHealth(
              PersistenceListener.of(
                  PersistenceEvent.ServiceFailed.class,
                  failure -> {
                    heard.add(failure);
                    Thread.currentThread().interrupt();
                    throw new AssertionError("a listener that fails");
                  }),
              Duration.ofMillis(300)),
          Ticker.SYSTEM);
  private final BlockingQueue<Background.Work> work = new LinkedBlockingQueue<>();
  private final AtomicInteger done = new AtomicInteger();

  /** A service of this kind, which takes many turns a second. */
  abstract Background service(String name, Background.Work turn);

  /** Does what is to be done next, if there is something. */
  private void turn() throws InterruptedException {
    Background.Work next = work.poll(1, TimeUnit.MILLISECONDS);
    if (next != null) {
      next.run();
      done.incrementAndGet();
    }
  }

  private Background started() {
    Background service = service("service", this::turn);
    begin(service);
    return service;
  }

  /** Starts the service, and wakes it in case it waits for that. */
  private static void begin(Background service) {
    service.start();
    service.wake();
  }

  private void awaitDone(int turns) {
    await().atMost(SOON).until(() -> done.get() >= turns);
  }

  @AfterEach
  void noThreadIsLeft() {
    assertThat(services.close(SOON)).isTrue();
    assertThat(services.names()).isEmpty();
    assertThat(services.notices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        AssertionError.class,
        OutOfMemoryError.class,
        StackOverflowError.class,
        NoClassDefFoundError.class,
        ThreadDeath.class,
        IllegalStateException.class,
        InterruptedException.class
      })
  void goesOnWhateverItsWorkThrows(Class<? extends Throwable> thrown) throws Exception {
    Background service = started();
    Throwable failure = thrown.getDeclaredConstructor().newInstance();
    for (int i = 0; i < 3; i++) {
      work.add(
          () -> {
            done.incrementAndGet();
            ServiceContract.<RuntimeException>sneak(failure);
          });
    }
    awaitDone(3);
    work.add(() -> {});
    awaitDone(4);
    assertThat(service.isRunning()).isTrue();
    assertThat(heard)
        .hasSize(thrown == InterruptedException.class ? 0 : 3)
        .allMatch(failed -> failed.cause() == failure && !failed.ended());
    await().atMost(SOON).untilAsserted(() -> assertThat(services.notices()).isEmpty());
  }

  @Test
  void reportsNoDefectWhileAStoreDoesNotAnswer() {
    Background service = started();
    for (int i = 0; i < 3; i++) {
      work.add(
          () -> {
            done.incrementAndGet();
            throw new TransientPersistenceException(DataError.UNAVAILABLE, "away");
          });
    }
    awaitDone(3);
    work.add(() -> {});
    awaitDone(4);
    assertThat(service.isRunning()).isTrue();
    assertThat(heard).isEmpty();
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }

  @Test
  void saysThatItFailsUntilItDoesNot() {
    Background service = started();
    CountDownLatch repaired = new CountDownLatch(1);
    fail(repaired);
    await()
        .atMost(SOON)
        .until(() -> services.notices().stream().anyMatch(notice -> notice.contains("failed")));
    repaired.countDown();
    await().atMost(SOON).until(() -> services.notices().isEmpty());
    assertThat(service.isRunning()).isTrue();
  }

  private void fail(CountDownLatch repaired) {
    work.add(
        () -> {
          if (repaired.getCount() > 0) {
            fail(repaired);
            throw new IllegalStateException("again");
          }
        });
  }

  @Test
  void livesOnWhenTheApplicationsClockThrows() {
    AtomicInteger asked = new AtomicInteger();
    Clock clock = SteadyClock.of(new ThrowingClock(asked));
    started();
    for (int i = 0; i < 10; i++) {
      work.add(() -> assertThat(clock.instant()).isNotNull());
    }
    awaitDone(10);
    assertThat(asked).hasValue(10);
    assertThat(heard).isEmpty();
  }

  @Test
  void dropsInterrupts() {
    started();
    for (int i = 0; i < 5; i++) {
      work.add(() -> Thread.currentThread().interrupt());
    }
    work.add(() -> assertThat(Thread.currentThread().isInterrupted()).isFalse());
    awaitDone(6);
    assertThat(heard).isEmpty();
  }

  @Test
  void interruptEndsItsTurnAndItself() {
    Background service = started();
    CountDownLatch inside = new CountDownLatch(1);
    work.add(
        () -> {
          inside.countDown();
          assertThat(new CountDownLatch(1).await(1, TimeUnit.MINUTES)).isTrue();
        });
    await().atMost(SOON).until(() -> inside.getCount() == 0);
    service.interrupt();
    assertThat(service.close(SOON)).isTrue();
    assertThat(service.isRunning()).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void closesFromItsOwnTurn() {
    Background service = started();
    work.add(() -> assertThat(service.close(SOON)).isTrue());
    awaitDone(1);
    await().atMost(SOON).until(() -> !service.isRunning());
    assertThat(services.names()).isEmpty();
  }

  @Test
  void closeReportsATurnThatDoesNotEnd() {
    Background service = started();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    work.add(
        () -> {
          inside.countDown();
          assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();
        });
    await().atMost(SOON).until(() -> inside.getCount() == 0);
    assertThat(services.close(Duration.ofMillis(20))).isFalse();
    held.countDown();
    assertThat(service.close(SOON)).isTrue();
  }

  @Test
  void takesNoTurnAfterItWasClosed() {
    AtomicInteger turns = new AtomicInteger();
    Background service = service("counts", turns::incrementAndGet);
    begin(service);
    await().atMost(SOON).until(() -> turns.get() > 1);
    assertThat(service.close(SOON)).isTrue();
    int before = turns.get();
    service.wake();
    assertThat(service.pause(Duration.ofMinutes(1))).isFalse();
    assertThat(turns).hasValue(before);
  }

  @Test
  void oneThatWasClosedBeforeItsStartTakesNoTurn() {
    AtomicInteger turns = new AtomicInteger();
    Background service = service("early", turns::incrementAndGet);
    assertThat(service.close(Duration.ZERO)).isTrue();
    begin(service);
    Background other = service("other", this::turn);
    begin(other);
    work.add(() -> {});
    awaitDone(1);
    assertThat(turns).hasValue(0);
    assertThat(services.names()).doesNotContain("early");
  }

  @RepeatedTest(20)
  void startsAndStopsInAnyOrderAndAtOnce() throws Exception {
    Random random = new Random();
    List<Background> all = new ArrayList<>();
    AtomicInteger underWay = new AtomicInteger();
    for (int i = 0; i < SERVICES; i++) {
      all.add(
          service(
              "service-" + i,
              () -> {
                underWay.incrementAndGet();
                try {
                  Thread.onSpinWait();
                } finally {
                  underWay.decrementAndGet();
                }
                if (random.nextInt(4) == 0) {
                  throw new AssertionError("sabotage");
                }
              }));
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> calls = new ArrayList<>();
      for (Background service : all) {
        calls.add(threads.submit(service::start));
        calls.add(threads.submit(service::wake));
        calls.add(
            threads.submit(
                random.nextBoolean()
                    ? service::stop
                    : () -> assertThat(service.close(SOON)).isTrue()));
      }
      for (Future<?> call : calls) {
        call.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdown();
    }
    for (Background service : all) {
      assertThat(service.close(SOON)).as(service.name()).isTrue();
      assertThat(service.isRunning()).as(service.name()).isFalse();
    }
    assertThat(underWay).hasValue(0);
    assertThat(services.names()).isEmpty();
  }

  private static final class ThrowingClock extends Clock {

    private final AtomicInteger asked;

    ThrowingClock(AtomicInteger asked) {
      this.asked = asked;
    }

    @Override
    public Instant instant() {
      asked.incrementAndGet();
      throw new StackOverflowError("a clock that throws");
    }

    @Override
    public ZoneId getZone() {
      throw new IllegalStateException("a clock that throws");
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
