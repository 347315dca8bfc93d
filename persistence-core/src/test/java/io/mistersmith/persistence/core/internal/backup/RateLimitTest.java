package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.Ticker;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private static final int RATE = 1_000_000;

  /** Each wait lasts exactly as long as it may. */
  private static final class JumpingTicker implements Ticker {

    private long now = 5;

    @Override
    public long nanos() {
      return now;
    }

    @Override
    public void await(Condition changed, long nanos) {
      now += nanos;
    }
  }

  private final JumpingTicker ticker = new JumpingTicker();
  private final RateLimit limit = new RateLimit(RATE, ticker);

  private double seconds() {
    return (ticker.nanos() - 5) / 1e9;
  }

  @Test
  void writesAreHeldToTheRate() throws InterruptedIOException {
    for (int i = 0; i < 100; i++) {
      limit.take(RATE / 10);
    }

    assertThat(seconds()).isBetween(9.7, 10.0);
  }

  @Test
  void aPauseIsNotMadeUpForByMoreThanATenthOfASecond() throws InterruptedIOException {
    ticker.now += Duration.ofHours(1).toNanos();
    double begin = seconds();
    for (int i = 0; i < 20; i++) {
      limit.take(RATE / 10);
    }

    assertThat(seconds() - begin).isBetween(1.7, 2.0);
  }

  @Test
  void aWriteLargerThanTheRatePassesWhole() throws InterruptedIOException {
    limit.take(10 * RATE);
    limit.take(1);

    assertThat(seconds()).isBetween(9.8, 10.0);
  }
}
