package io.mistersmith.persistence.core.internal.backup;

import static io.mistersmith.persistence.core.internal.backup.WalFiles.SIZE;
import static io.mistersmith.persistence.core.internal.backup.WalFiles.base;
import static io.mistersmith.persistence.core.internal.backup.WalFiles.names;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class WalChainTest {

  /** Timeline 2 left timeline 1 in the segment 6. */
  private static final TimelineHistory SECOND =
      TimelineHistory.parse(2, "1\t" + new Lsn(6 * SIZE + 800) + "\tpromoted");

  private static WalChain walk(List<String> segments, TimelineHistory... histories) {
    return WalChain.of(base(1, 3, 4), SIZE, segments, List.of(histories));
  }

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  @Test
  void allSegmentsFromTheBaseBackupOnAreRead() {
    WalChain chain = walk(names(1, 1, 9));
    assertThat(chain.present()).isEqualTo(names(1, 3, 9));
    assertThat(chain.gaps()).isEmpty();
    assertThat(chain.consistent()).isTrue();
  }

  @Test
  void aGapEndsTheRecoveryAndIsNamed() {
    WalChain chain = walk(joined(names(1, 3, 5), names(1, 8, 9)));
    assertThat(chain.present()).isEqualTo(names(1, 3, 5));
    assertThat(chain.gaps())
        .containsExactly(new WalChain.Gap(names(1, 6, 6).get(0), names(1, 7, 7).get(0), 2));
    assertThat(chain.gaps().get(0))
        .hasToString("000000010000000000000006 to 000000010000000000000007 (2 segments)");
    assertThat(chain.consistent()).isTrue();
  }

  @Test
  void aSegmentThatTheBaseBackupNeedsIsMissed() {
    WalChain chain = walk(names(1, 3, 3));
    assertThat(chain.consistent()).isFalse();
    assertThat(chain.gaps()).extracting(WalChain.Gap::first).isEqualTo(names(1, 4, 4));
  }

  @Test
  void anEmptyArchiveLacksAllThatTheBaseBackupNeeds() {
    WalChain chain = walk(List.of());
    assertThat(chain.gaps()).extracting(WalChain.Gap::count).containsExactly(2L);
    assertThat(chain.last()).isEmpty();
    assertThat(chain.consistent()).isFalse();
  }

  @Test
  void theChainGoesOnAlongTheNewestTimeline() {
    WalChain chain = walk(joined(names(1, 3, 8), names(2, 6, 7)), SECOND);
    assertThat(chain.present()).isEqualTo(joined(names(1, 3, 5), names(2, 6, 7)));
    assertThat(chain.history().timeline()).isEqualTo(2);
    assertThat(chain.gaps()).isEmpty();
  }

  @Test
  void whatTheOldTimelineWroteOnDoesNotFillAGapOfTheNewOne() {
    WalChain chain = walk(joined(names(1, 3, 9), names(2, 8, 8)), SECOND);
    assertThat(chain.present()).isEqualTo(names(1, 3, 5));
    assertThat(chain.gaps())
        .containsExactly(new WalChain.Gap(names(2, 6, 6).get(0), names(2, 7, 7).get(0), 2));
  }

  /** It cannot be recovered to the new timeline, which knows nothing of what it holds. */
  @Test
  void aBaseBackupFromAfterTheTimelineWasLeftStaysOnIt() {
    WalChain chain =
        WalChain.of(base(1, 6, 7), SIZE, joined(names(1, 3, 9), names(2, 6, 9)), List.of(SECOND));
    assertThat(chain.history().timeline()).isEqualTo(1);
    assertThat(chain.present()).isEqualTo(names(1, 6, 9));
  }

  @Property
  void presentAndGapsCoverTheChain(
      @ForAll @Size(max = 30) Set<@LongRange(min = 0, max = 40) Long> numbers) {
    List<String> segments =
        numbers.stream().map(number -> new WalSegment(1, number).name(SIZE)).toList();
    WalChain chain = walk(segments);

    NavigableSet<Long> used = new TreeSet<>(numbers).tailSet(3L, true);
    long last = used.isEmpty() ? 4 : Math.max(4, used.last());
    long missing = chain.gaps().stream().mapToLong(WalChain.Gap::count).sum();
    assertThat(missing + used.size()).isEqualTo(last - 3 + 1);
    assertThat(segments).containsAll(chain.present());
    assertThat(chain.consistent()).isEqualTo(used.contains(3L) && used.contains(4L));
  }
}
