package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is counted in an hour, and forgotten after it. */
class HourCountTest {

  private final ManualClock clock = ManualClock.create();
  private final HourCount count = new HourCount(clock);

  @Test
  void whatHappenedIsCountedForAnHour() {
    count.add("first");
    clock.advance(Duration.ofMinutes(30));
    count.add("second");
    assertThat(count.sum()).isEqualTo(2);
    assertThat(count.last()).contains("second");

    clock.advance(Duration.ofMinutes(30));
    assertThat(count.sum()).isEqualTo(1);
    clock.advance(Duration.ofMinutes(30));
    assertThat(count.sum()).isZero();
    assertThat(count.last()).isEmpty();
  }

  @Test
  void afterALongTimeNothingIsLeft() {
    for (int i = 0; i < 60; i++) {
      count.add("one");
      clock.advance(Duration.ofMinutes(1));
    }
    assertThat(count.sum()).isEqualTo(59);
    clock.advance(Duration.ofDays(3));
    assertThat(count.sum()).isZero();
  }
}
