package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** The load of the last one to two minutes. */
class PoolMeterTest {

  private final AtomicLong now = new AtomicLong(1);
  private final PoolMeter meter = new PoolMeter(now::get);

  @Test
  void aNewPoolHasNoLoad() {
    assertThat(meter.load()).isEqualTo(new PoolMeter.Load(0, Duration.ZERO, Duration.ZERO));
  }

  @Test
  void countsCallsTheirUseAndTheirWait() {
    for (int i = 1; i <= 100; i++) {
      call(Duration.ofMillis(i), Duration.ofMillis(20));
    }
    elapse(Duration.ofSeconds(50));

    PoolMeter.Load load = meter.load();

    assertThat(load.callsPerSecond()).isEqualTo(2.0, within(0.001));
    assertThat(load.averageUse()).isEqualTo(Duration.ofMillis(20));
    assertThat(load.connections()).isEqualTo(0.04, within(0.001));
    assertThat((double) load.acquireP95().toNanos())
        .isCloseTo(95e6, Percentage.withPercentage(20))
        .isGreaterThanOrEqualTo(95e6);
  }

  @Test
  void forgetsWhatIsOlderThanTwoMinutes() {
    call(Duration.ofSeconds(9), Duration.ofSeconds(9));
    elapse(Duration.ofSeconds(61));
    call(Duration.ofMillis(1), Duration.ofSeconds(1));
    assertThat(meter.load().averageUse()).as("both").isEqualTo(Duration.ofSeconds(5));

    elapse(Duration.ofSeconds(61));
    call(Duration.ofMillis(1), Duration.ofSeconds(1));
    assertThat(meter.load().averageUse()).isEqualTo(Duration.ofSeconds(1));
    assertThat(meter.load().acquireP95()).isLessThan(Duration.ofMillis(2));

    elapse(Duration.ofHours(1));
    assertThat(meter.load().callsPerSecond()).isZero();
    assertThat(meter.usedNanos()).isEqualTo(Duration.ofSeconds(11).toNanos());
  }

  @Test
  void aWaitFromNothingToCenturiesHasItsPlace() {
    for (long wait : new long[] {0, 1, 3, 4, 1_000, Long.MAX_VALUE}) {
      meter.recordConnectionAcquiredNanos(wait);
    }
    assertThat(meter.load().acquireP95()).isGreaterThan(Duration.ofDays(36_500));
  }

  private void call(Duration wait, Duration use) {
    meter.recordConnectionAcquiredNanos(wait.toNanos());
    meter.used(use.toNanos());
  }

  private void elapse(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
