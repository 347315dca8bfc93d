package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SteadyClockTest {

  private final ManualClock manual = ManualClock.create();
  private boolean throwing;
  private volatile boolean interrupting;
  private final Clock clock =
      SteadyClock.of(
          new Clock() {
            @Override
            public Instant instant() {
              if (interrupting) {
                Thread.currentThread().interrupt();
              }
              if (throwing) {
                throw new AssertionError("no time");
              }
              return manual.instant();
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          });

  @Test
  void goesOnFromTheLastReadingWhileTheClockThrows() {
    manual.advance(Duration.ofDays(1000));
    Instant last = clock.instant();
    assertThat(last).isEqualTo(manual.instant());
    throwing = true;
    Instant first = clock.instant();
    assertThat(first).isBetween(last, last.plusSeconds(30));
    assertThat(clock.millis()).isGreaterThanOrEqualTo(first.toEpochMilli());
    assertThat(clock.withZone(ZoneOffset.MAX).instant()).isNotNull();
    throwing = false;
    manual.advance(Duration.ofDays(1));
    assertThat(clock.instant()).isEqualTo(manual.instant());
  }

  @Test
  void leavesAnInterruptFromBeforeTheCallAndDropsTheClocksOwn() throws Exception {
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    Thread thread =
        new LibraryThreads("clock")
            .newThread(
                () -> {
                  interrupting = true;
                  Instant unused = clock.instant();
                  interrupted.add(Thread.currentThread().isInterrupted());
                  interrupting = false;
                  Thread.currentThread().interrupt();
                  unused = clock.instant();
                  interrupted.add(Thread.interrupted());
                });
    thread.start();
    thread.join(10_000);

    assertThat(interrupted).containsExactly(false, true);
  }

  @Test
  void theSystemsClockIsTakenAsItIs() {
    Clock system = Clock.systemUTC();
    assertThat(SteadyClock.of(system)).isSameAs(system);
    assertThat(SteadyClock.of(clock)).isSameAs(clock);
  }
}
