package io.mistersmith.persistence.core.internal.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Percentiles against the sorted truth, and what leaves the window. */
class SlidingLagsTest {

  private final AtomicLong ticks = new AtomicLong(-17);
  private final SlidingLags lags = new SlidingLags(Duration.ofMillis(200), ticks::get);

  @Test
  void percentilesAreOffByLessThanTwoPercent() {
    Random random = new Random(7);
    long[] truth =
        LongStream.range(0, 100_000)
            .map(i -> (long) (50_000 + Math.exp(random.nextDouble() * 18) * 1_000))
            .toArray();
    for (int i = 0; i < truth.length; i += 1_000) {
      lags.record(report(Duration.ofMillis(3), Arrays.copyOfRange(truth, i, i + 1_000)));
    }
    Arrays.sort(truth);
    LagStats stats = lags.stats();
    assertThat(stats.samples()).isEqualTo(truth.length);
    assertClose(stats.p50(), truth[49_999]);
    assertClose(stats.p95(), truth[94_999]);
    assertClose(stats.p99(), truth[98_999]);
    assertThat(stats.max().toNanos()).isEqualTo(truth[99_999]);
    assertThat(stats.violations())
        .isEqualTo(Arrays.stream(truth).filter(lag -> lag > 200_000_000).count());
    assertThat(stats.averageFlush()).isEqualTo(Duration.ofMillis(3));
  }

  @Test
  void extremesAreCountedAndBounded() {
    lags.record(report(Duration.ZERO, 0, 1, Long.MAX_VALUE));
    assertThat(lags.stats().samples()).isEqualTo(3);
    assertThat(lags.stats().max()).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
    assertThat(lags.stats().p50()).isLessThan(Duration.ofNanos(1_001));
  }

  @Test
  void aMinuteLaterTheyAreForgottenButForTheViolations() {
    assertThat(lags.record(report(Duration.ofMillis(1), 300_000_000))).isEqualTo(1);
    ticks.addAndGet(Duration.ofSeconds(30).toNanos());
    assertThat(lags.record(report(Duration.ofMillis(1), 10_000_000))).isZero();
    assertThat(lags.stats().samples()).isEqualTo(2);
    ticks.addAndGet(Duration.ofSeconds(45).toNanos());
    LagStats later = lags.stats();
    assertThat(later.samples()).isEqualTo(1);
    assertThat(later.violations()).isZero();
    assertThat(later.max()).isEqualTo(Duration.ofMillis(10));
    ticks.addAndGet(Duration.ofMinutes(10).toNanos());
    assertThat(lags.stats().samples()).isZero();
    assertThat(lags.stats().p99()).isZero();
    assertThat(lags.violations()).isEqualTo(1);
  }

  /** Seventy seconds later it is the turn of the same slice of the ring. */
  @Test
  void aSliceThatIsUsedAgainBeginsEmpty() {
    lags.record(report(Duration.ofMillis(9), 300_000_000, 400_000_000));
    ticks.addAndGet(Duration.ofSeconds(70).toNanos());
    lags.record(report(Duration.ofMillis(1), 10_000_000));
    LagStats stats = lags.stats();
    assertThat(stats.samples()).isEqualTo(1);
    assertThat(stats.max()).isEqualTo(Duration.ofMillis(10));
    assertThat(stats.violations()).isZero();
    assertThat(stats.averageFlush()).isEqualTo(Duration.ofMillis(1));
  }

  @Test
  void theLongestIsThatOfAllSlices() {
    lags.record(report(Duration.ofMillis(1), 90_000_000));
    ticks.addAndGet(Duration.ofSeconds(10).toNanos());
    lags.record(report(Duration.ofMillis(1), 10_000_000));
    assertThat(lags.stats().max()).isEqualTo(Duration.ofMillis(90));
  }

  @Test
  void whatIsLateIsToldOf() {
    List<PersistenceEvent.Flushed> told = new ArrayList<>();
    lags.onViolation(told::add);
    lags.record(report(Duration.ofMillis(1), 200_000_000));
    assertThat(told).isEmpty();
    PersistenceEvent.Flushed late = report(Duration.ofMillis(1), 200_000_001);
    lags.record(late);
    assertThat(told).containsExactly(late);
  }

  private static void assertClose(Duration measured, long truth) {
    assertThat((double) measured.toNanos()).isCloseTo((double) truth, within(truth * 0.02));
  }

  private static PersistenceEvent.Flushed report(Duration took, long... lagNanos) {
    return new PersistenceEvent.Flushed(
        "B", new Revision.OfJournal(1, 1), lagNanos.length, 0, took, lagNanos);
  }
}
