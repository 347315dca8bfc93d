package io.mistersmith.persistence.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class ManualClockTest {

  private final Instant start = Instant.parse("2026-03-04T05:06:07.000000008Z");
  private final ManualClock clock = ManualClock.at(start);

  @Test
  void itMovesOnlyWhenTold() {
    assertThat(clock.instant()).isEqualTo(start);
    assertThat(clock.advance(Duration.ofNanos(1))).isEqualTo(start.plusNanos(1));
    assertThat(clock.advance(Duration.ofHours(-1)))
        .isEqualTo(start.plusNanos(1).minusSeconds(3600));
    clock.set(Instant.EPOCH);
    assertThat(clock.instant()).isEqualTo(Instant.EPOCH);
  }

  @Test
  void itsViewsMoveWithIt() {
    Clock view = clock.withZone(ZoneId.of("Asia/Tokyo"));
    clock.advance(Duration.ofDays(1));
    assertThat(view.instant()).isEqualTo(clock.instant());
    assertThat(view.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
  }
}
