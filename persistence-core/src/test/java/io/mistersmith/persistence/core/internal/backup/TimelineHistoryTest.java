package io.mistersmith.persistence.core.internal.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimelineHistoryTest {

  private static final long SIZE = 16L << 20;

  /** As a server wrote it after two promotions. */
  private static final String CONTENT =
      """
      1\t0/5000060\tno recovery target specified

      # a comment
      2\t0/9000000\tbefore 2026-12-01 23:15:00.123+00
      """;

  private final TimelineHistory history = TimelineHistory.parse(3, CONTENT);

  @Test
  void anAncestorEndsWhereTheNextTimelineBegins() {
    assertThat(history.endOf(1)).contains(Lsn.parse("0/5000060"));
    assertThat(history.endOf(2)).contains(Lsn.parse("0/9000000"));
    assertThat(history.endOf(3)).isEmpty();
  }

  @Test
  void aSegmentIsOfTheTimelineThatWroteItLast() {
    assertThat(history.timelineOf(4, SIZE)).isEqualTo(1);
    assertThat(history.timelineOf(5, SIZE)).as("timeline 2 begins within it").isEqualTo(2);
    assertThat(history.timelineOf(8, SIZE)).isEqualTo(2);
    assertThat(history.timelineOf(9, SIZE)).as("timeline 3 begins with it").isEqualTo(3);
  }

  @Test
  void aBaseBackupContinuesWhereItWasConsistentBeforeItsTimelineWasLeft() {
    assertThat(history.continues(1, Lsn.parse("0/5000060"))).isTrue();
    assertThat(history.continues(1, Lsn.parse("0/5000068"))).isFalse();
    assertThat(history.continues(3, Lsn.parse("0/A000000"))).isTrue();
    assertThat(history.continues(4, Lsn.parse("0/1000000"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "1 0/5000060 reason\nhello",
        "2\t0/5000060\tits order\n1\t0/6000000\tis wrong",
        "1\t0/6000000\tgoes\n2\t0/5000000\tback",
        "3\t0/5000060\tof itself",
        "0\t0/5000060\tno timeline"
      })
  void aDamagedFileIsRefused(String content) {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> TimelineHistory.parse(3, content))
        .withMessageStartingWith("the history file of the timeline 3 is damaged")
        .matches(e -> e.error() == DataError.DATA_CORRUPTION);
  }
}
