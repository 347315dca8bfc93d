package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HybridClockTest {
  private final AtomicLong wall = new AtomicLong(1_000);
  private final HybridClock clock =
      new HybridClock("a", () -> Instant.ofEpochMilli(wall.get()), Duration.ofSeconds(1));

  @Test
  void followsTheWallClock() {
    assertThat(clock.now()).hasToString("1000-0-a");
    wall.set(1_005);
    assertThat(clock.now()).hasToString("1005-0-a");
  }

  @Test
  void growsWhileTheWallClockStandsStillOrGoesBack() {
    clock.now();
    assertThat(clock.now()).hasToString("1000-1-a");
    wall.set(10);
    assertThat(clock.now()).hasToString("1000-2-a");
  }

  @Test
  void isLaterThanWhatItWasShown() {
    HybridTimestamp seen = new HybridTimestamp(1_500, 7, "b");
    clock.observe(seen);
    assertThat(clock.now()).hasToString("1500-8-a").matches(now -> now.isAfter(seen));
    clock.observe(new HybridTimestamp(20, 99, "b"));
    assertThat(clock.now()).hasToString("1500-9-a");
  }

  @Test
  void doesNotFollowATimestampFromTooFarAhead() {
    clock.observe(new HybridTimestamp(2_001, 0, "b"));
    assertThat(clock.now()).hasToString("1000-0-a");
    clock.observe(new HybridTimestamp(2_000, 0, "b"));
    assertThat(clock.now()).hasToString("2000-1-a");
  }

  @Test
  void aChangeOfWhatIsTooFarAheadIsLaterAllTheSame() {
    HybridTimestamp far = new HybridTimestamp(9_000, 4, "b");
    assertThat(clock.after(far)).hasToString("9000-5-a");
    assertThat(clock.after(far)).hasToString("9000-6-a");
    assertThat(clock.after(new HybridTimestamp(9_000, Integer.MAX_VALUE, "b")))
        .hasToString("9001-0-a");
    assertThat(clock.after(new HybridTimestamp(1_500, 0, "b"))).hasToString("1500-1-a");
    assertThat(clock.now()).as("it has not followed").hasToString("1500-2-a");
  }

  @Test
  void movesOnWhenTheCounterIsUsedUp() {
    clock.observe(new HybridTimestamp(1_000, Integer.MAX_VALUE, "b"));
    assertThat(clock.now()).hasToString("1001-0-a");
  }

  @Test
  void neverHandsOutOneTimestampTwice() {
    Set<HybridTimestamp> handedOut = ConcurrentHashMap.newKeySet();
    IntStream.range(0, 10_000).parallel().forEach(i -> handedOut.add(clock.now()));
    assertThat(handedOut).hasSize(10_000);
  }

  @Test
  void timestampsAreOrderedByTimeThenCounterThenNode() {
    assertThat(
            IntStream.of(3, 1, 2, 0)
                .mapToObj(i -> HybridTimestamp.parse(i / 2 + "-0-n" + i))
                .sorted())
        .extracting(HybridTimestamp::toString)
        .containsExactly("0-0-n0", "0-0-n1", "1-0-n2", "1-0-n3");
    assertThat(new HybridTimestamp(5, 0, "z")).isLessThan(new HybridTimestamp(5, 1, "a"));
  }

  @Test
  void aTimestampIsReadBackWhateverItsNodeIsCalled() {
    HybridTimestamp odd = new HybridTimestamp(5, 3, "host-1:9-x");
    assertThat(HybridTimestamp.parse(odd.toString())).isEqualTo(odd);
  }

  @Test
  void whatIsNoTimestampIsRefused() {
    for (String bad : new String[] {"", "1-2", "1-2-", "x-1-a", "1-99999999999-a", "1-0-a b"}) {
      assertThatExceptionOfType(NonTransientPersistenceException.class)
          .as(bad)
          .isThrownBy(() -> HybridTimestamp.parse(bad));
    }
  }
}
