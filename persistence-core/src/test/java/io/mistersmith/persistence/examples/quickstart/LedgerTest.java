package io.mistersmith.persistence.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The quick start's figures are what the writers have reported. */
class LedgerTest {

  private final Ledger ledger = new Ledger();

  @Test
  void noticesAnAgentThatGoesOnFromBeforeItsLastAcknowledgedCursor() {
    ledger.add(new WriterReport.Put(7, 4, AgentState.CURSOR, 100));
    ledger.add(new WriterReport.Started(7, 5, 0));
    assertThat(ledger.forgotten()).isZero();
    ledger.add(new WriterReport.Started(7, 4, 0));
    assertThat(ledger.forgotten()).isEqualTo(1);
  }

  @Test
  void countsAStepThatBothWritersHadRefusedOnce() {
    ledger.add(new WriterReport.Refused(1, 3, "VALUE_TOO_LARGE", "too large"));
    ledger.add(new WriterReport.Refused(1, 3, "VALUE_TOO_LARGE", "too large"));
    assertThat(ledger.refusals()).isEqualTo(Map.of("VALUE_TOO_LARGE", 1));
  }

  @Test
  void readsBackWhatAWriterReports() {
    WriterReport report = new WriterReport.Flushed(Map.of(12L, 3), Map.of());
    assertThat(WriterReport.parse(report.line())).contains(report);
    String cut = report.line().substring(0, report.line().length() - 1);
    assertThat(WriterReport.parse(cut)).isEmpty();
  }

  @Test
  void takesPercentilesByRank() {
    Distribution distribution = new Distribution();
    for (int value = 1; value <= 200; value++) {
      distribution.add(value);
    }
    assertThat(distribution.percentile(50)).isEqualTo(100);
    assertThat(distribution.percentile(95)).isEqualTo(190);
    assertThat(distribution.percentile(100)).isEqualTo(200);
    assertThat(new Distribution().percentile(95)).isZero();
  }
}
