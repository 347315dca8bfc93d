package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinkTimerTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final LinkTimer timer = new LinkTimer();
  private final AtomicInteger runs = new AtomicInteger();

  @AfterEach
  void close() {
    timer.end();
  }

  private void runBadly() {
    if (runs.incrementAndGet() % 2 == 0) {
      Thread.currentThread().interrupt();
    } else {
      throw new OutOfMemoryError("that passes");
    }
  }

  @Test
  void aPeriodicTaskThatThrowsOrInterruptsRunsAgain() {
    var unused = timer.scheduleAtFixedRate(this::runBadly, 1, 1, TimeUnit.MILLISECONDS);
    await().atMost(SOON).until(() -> runs.get() > 10);
    var unusedToo = timer.scheduleWithFixedDelay(this::runBadly, 1, 1, TimeUnit.MILLISECONDS);
    await().atMost(SOON).until(() -> runs.get() > 40);
  }

  @Test
  void whatIsDelayedRunsOnce() {
    timer.later(Duration.ofMillis(1), runs::incrementAndGet);
    await().atMost(SOON).until(() -> runs.get() == 1);
    timer.end();
    assertThat(runs).hasValue(1);
  }

  @Test
  void whatIsStillDelayedRunsWhenItEnds() {
    timer.later(Duration.ofMinutes(1), runs::incrementAndGet);
    timer.end();
    assertThat(runs).hasValue(1);
    timer.later(Duration.ofMinutes(1), runs::incrementAndGet);
    assertThat(runs).as("of one that has ended").hasValue(2);
  }
}
