package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How far back the positions of the primary reach. */
class PrimaryPositionsTest {

  private final PrimaryPositions positions = new PrimaryPositions(Duration.ofSeconds(5));

  private static WalPosition at(long lsn) {
    return new WalPosition(1, 1, lsn);
  }

  @Test
  void aReplicaThatIsALittleBehindIsSeenToBeHoweverOftenThePrimaryIsAsked() {
    // Every millisecond for three seconds, while the primary writes all the time.
    for (int millis = 0; millis < 3_000; millis++) {
      positions.add(Duration.ofMillis(millis).toNanos(), at(millis));
    }
    long asOf = positions.asOf(at(2_799)).orElseThrow();
    assertThat(Duration.ofNanos(asOf))
        .isBetween(Duration.ofMillis(2_500), Duration.ofMillis(2_800));
    assertThat(positions.latest()).contains(at(2_999));
  }
}
