package io.mistersmith.persistence.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LagReporterTest {

  private final List<WriterReport> reports = new ArrayList<>();
  private final LagReporter reporter = new LagReporter(reports::add);

  private void flushed(Duration... lags) {
    long[] nanos = new long[lags.length];
    for (int i = 0; i < lags.length; i++) {
      nanos[i] = lags[i].toNanos();
    }
    reporter.on(
        new PersistenceEvent.Flushed(
            "bucket", new Revision.OfJournal(1, 1), lags.length, 0, Duration.ofMillis(1), nanos));
  }

  @Test
  void leavesTheWarmUpOut() {
    flushed(Duration.ofNanos(-1));
    assertThat(reports).containsExactly(new WriterReport.Flushed(Map.of(), Map.of()));
  }

  @Test
  void countsWhatIsWrittenAfterTheWarmUp() {
    reporter.measure();
    flushed(Duration.ofNanos(-1), Duration.ofNanos(-1));
    assertThat(reports).containsExactly(new WriterReport.Flushed(Map.of(0L, 2), Map.of()));
  }

  @Test
  void reportsApartWhatWasWrittenBeforeTheProcessBegan() {
    flushed(Duration.ofHours(1));
    reporter.measure();
    flushed(Duration.ofHours(1));
    assertThat(reports)
        .containsOnly(new WriterReport.Flushed(Map.of(), Map.of(3_600_000L, 1)))
        .hasSize(2);
  }
}
