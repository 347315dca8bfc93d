package io.mistersmith.persistence.core.internal.state.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.BitSet;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which shards the watch is asked to cover, and when that changes. */
class ShardsTest {

  private static final Duration LONGEST = Duration.ofMinutes(3);

  private final ManualClock clock = ManualClock.create();
  private final Shards shards = new Shards(new CoarseClock(clock, clock), LONGEST);

  private void use(int... some) {
    for (int shard : some) {
      var unused = shards.use(shard);
    }
  }

  private void useSome(int number) {
    use(IntStream.range(0, number).toArray());
  }

  private static BitSet set(int... some) {
    BitSet set = new BitSet();
    IntStream.of(some).forEach(set::set);
    return set;
  }

  @Test
  void whatIsReadIsWanted() {
    use(3, 700);
    assertThat(shards.wanted()).isEqualTo(set(3, 700));
    shards.cover(set(3, 700));
    use(5);
    assertThat(shards.wantedAfter(set(3, 700))).isEqualTo(set(3, 5, 700));
  }

  @Test
  void whatWasNotReadForAsLongAsItIsKeptIsDroppedLater() {
    use(3, 4);
    shards.cover(set(3, 4));
    clock.advance(LONGEST);
    use(3);
    assertThat(shards.wantedAfter(set(3, 4))).as("still in use").isEqualTo(set(3, 4));
    clock.advance(Duration.ofMillis(1));
    assertThat(shards.wantedAfter(set(3, 4))).isEqualTo(set(3));
  }

  @Test
  void shardsAreDroppedAtMostOnceAMinuteUnlessAnotherIsWantedAnyway() {
    use(3, 4);
    clock.advance(LONGEST.plusMillis(1));
    use(3);
    shards.cover(set(3, 4));
    clock.advance(Duration.ofSeconds(59));
    assertThat(shards.wantedAfter(set(3, 4))).isEqualTo(set(3, 4));
    use(9);
    assertThat(shards.wantedAfter(set(3, 4))).isEqualTo(set(3, 9));
  }

  @Test
  void theOneThatWasReadLastStays() {
    use(3);
    clock.advance(Duration.ofSeconds(1));
    use(4);
    shards.cover(set(3, 4));
    clock.advance(Duration.ofDays(1));
    assertThat(shards.wantedAfter(set(3, 4))).isEqualTo(set(4));
    assertThat(shards.wanted()).isEqualTo(set(4));
  }

  @Test
  void tooManyAreTheWholeBucketUntilHalfAreLeft() {
    useSome(Shards.MOST);
    assertThat(shards.wanted().cardinality()).isEqualTo(Shards.MOST);
    shards.cover(shards.wanted());
    useSome(Shards.MOST + 1);
    assertThat(shards.wanted()).isEqualTo(Shards.all());
    assertThat(shards.wantedAfter(set(1))).isEqualTo(Shards.all());
    shards.cover(Shards.all());
    clock.advance(LONGEST.plusMillis(1));
    useSome(Shards.MOST / 2 + 1);
    assertThat(shards.wantedAfter(Shards.all())).isEqualTo(Shards.all());
    clock.advance(LONGEST.plusMillis(1));
    useSome(Shards.MOST / 2);
    assertThat(shards.wantedAfter(Shards.all()).cardinality()).isEqualTo(Shards.MOST / 2);
  }

  @Test
  void aCoverageLastsUntilItsShardIsDropped() {
    assertThat(shards.use(3)).isNull();
    assertThat(shards.isAnyCovered()).isFalse();
    shards.cover(set(3, 4));
    Coverage first = Objects.requireNonNull(shards.use(3));
    Coverage other = Objects.requireNonNull(shards.use(4));
    shards.cover(set(3, 5));
    assertThat(shards.use(3)).isSameAs(first);
    assertThat(first.isOver()).isFalse();
    assertThat(other.isOver()).isTrue();
    assertThat(shards.isCovered(4)).isFalse();
    shards.cover(set(3, 4));
    assertThat(shards.use(4)).as("another one").isNotSameAs(other);
    shards.endAll();
    assertThat(first.isOver()).isTrue();
    assertThat(shards.isAnyCovered()).isFalse();
  }

  @Test
  void whatIsCoveredAnewIsAnotherCoverage() {
    shards.cover(set(3));
    Coverage first = Objects.requireNonNull(shards.use(3));
    shards.renew();
    assertThat(first.isOver()).isTrue();
    assertThat(Objects.requireNonNull(shards.use(3)).isOver()).isFalse();
    assertThat(shards.use(4)).isNull();
  }
}
