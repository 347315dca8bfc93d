package io.mistersmith.persistence.testkit.junit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeakCheckerTest {

  private final CountDownLatch end = new CountDownLatch(1);

  @Test
  void aThreadThatStaysIsNamed() {
    LeakChecker leaks = LeakChecker.start();
    start("persistence-leaked");
    assertThatThrownBy(() -> leaks.assertNoLeaks(Duration.ofMillis(50)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("persistence-leaked");
    end.countDown();
    leaks.assertNoLeaks(Duration.ofSeconds(5));
  }

  @Test
  void aThreadThatEndsInTimeIsNoLeak() {
    LeakChecker leaks = LeakChecker.start();
    start("persistence-short");
    Thread ender = new Thread(end::countDown, "ender");
    ender.start();
    leaks.assertNoLeaks(Duration.ofSeconds(5));
  }

  @Test
  void othersThreadsAndOlderOnesAreNoLeaks() {
    start("persistence-older");
    LeakChecker leaks = LeakChecker.start();
    start("somebody-elses");
    leaks.assertNoLeaks(Duration.ofMillis(50));
    end.countDown();
  }

  private void start(String name) {
    Thread thread =
        new Thread(
            () -> {
              try {
                if (!end.await(60, TimeUnit.SECONDS)) {
                  throw new IllegalStateException("nobody ended " + name);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }
}
