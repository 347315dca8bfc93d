package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class ServerClockTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualClock own = ManualClock.at(NOW);
  private final ServerClock clock = new ServerClock(own);

  /** The server answered with this time to a request that took so long and ends now. */
  private void answered(Instant time, Duration took) {
    long received = System.nanoTime();
    clock.observe(time, received - took.toNanos(), received);
  }

  private void assertShows(Instant time) {
    assertThat(clock.instant()).isCloseTo(time, within(5, ChronoUnit.SECONDS));
    assertThat(Instant.ofEpochMilli(clock.millis())).isCloseTo(time, within(5, ChronoUnit.SECONDS));
  }

  @Test
  void showsItsOwnTimeUntilTheServersIsKnown() {
    assertThat(clock.isKnown()).isFalse();
    assertThat(clock.instant()).isEqualTo(NOW);
    own.advance(HOUR);
    assertThat(clock.instant()).isEqualTo(NOW.plus(HOUR));
  }

  @Test
  void followsTheServerWhicheverWayItsOwnClockIsWrong() {
    answered(NOW.plus(HOUR), Duration.ofMillis(2));
    assertThat(clock.isKnown()).isTrue();
    assertShows(NOW.plus(HOUR));
    answered(NOW.minus(HOUR), Duration.ofMillis(2));
    assertShows(NOW.minus(HOUR));
  }

  @Test
  void keepsItsOwnTimeWhereTheAnswerAllowsIt() {
    answered(NOW.minusMillis(30), Duration.ofMillis(40));
    assertThat(clock.instant()).isBetween(NOW, NOW.plusSeconds(5));
    answered(NOW.minus(HOUR), HOUR.plusMinutes(1));
    assertShows(NOW);
  }

  @Test
  void takesTheMiddleOfWhatIsPossibleAndKeepsItWhileItIs() {
    answered(NOW.plusSeconds(100), Duration.ofSeconds(60));
    assertShows(NOW.plusSeconds(130));
    answered(NOW.plusSeconds(40), Duration.ofSeconds(95));
    assertShows(NOW.plusSeconds(130));
    answered(NOW.plusSeconds(40), Duration.ofSeconds(40));
    assertShows(NOW.plusSeconds(60));
  }

  @Test
  void isNotMovedByItsOwnClockOnceTheServersIsKnown() {
    answered(NOW, Duration.ofMillis(1));
    own.advance(HOUR);
    assertShows(NOW);
    own.advance(HOUR.multipliedBy(-3));
    assertShows(NOW);
  }
}
