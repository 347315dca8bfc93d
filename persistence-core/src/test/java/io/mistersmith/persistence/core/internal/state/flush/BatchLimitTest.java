package io.mistersmith.persistence.core.internal.state.flush;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchLimitTest {

  private static final Duration FAST = Duration.ofMillis(100);
  private static final Duration SLOW = Duration.ofSeconds(3);

  private final BatchLimit limit = new BatchLimit(2_000);

  @Test
  void aFastDatabaseGetsAsManyAsAreConfigured() {
    limit.committed(50, FAST);
    limit.committed(2_000, FAST);
    assertThat(limit.entries()).isEqualTo(2_000);
  }

  @Test
  void batchesThatRunOutOfTimeShrinkDownToOneEntry() {
    int attempts = 0;
    while (limit.entries() > 1) {
      limit.ranOutOfTime(limit.entries());
      attempts++;
    }
    assertThat(attempts).isEqualTo(4);
    limit.ranOutOfTime(1);
    assertThat(limit.entries()).isEqualTo(1);
  }

  @Test
  void whatRanOutOfTimeCountsAndNotWhatWasAllowed() {
    limit.ranOutOfTime(80);
    assertThat(limit.entries()).isEqualTo(10);
  }

  @Test
  void itGrowsBackWhenBatchesAreFastAndStaysWhereTheyAreNot() {
    limit.ranOutOfTime(2_000);
    limit.committed(250, Duration.ofSeconds(1));
    assertThat(limit.entries()).isEqualTo(250);
    limit.committed(250, SLOW);
    assertThat(limit.entries()).isEqualTo(125);
    for (int i = 0; i < 4; i++) {
      limit.committed(limit.entries(), FAST);
    }
    assertThat(limit.entries()).isEqualTo(2_000);
  }
}
