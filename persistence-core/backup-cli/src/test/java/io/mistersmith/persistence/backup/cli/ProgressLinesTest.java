package io.mistersmith.persistence.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupProgress.Step;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {

  private final StringWriter printed = new StringWriter();

  private ProgressLines lines(boolean terminal) {
    return new ProgressLines(new PrintWriter(printed), terminal);
  }

  @Test
  void aLineHasWhatIsDoneOfHowMuchAndTheSpeed() {
    assertThat(ProgressLines.line(new Step("dump", 12_340_000, 40_000_000, 45_100_000, false)))
        .isEqualTo("dump: 12.3 MB of 40.0 MB, 45.1 MB/s");
    assertThat(ProgressLines.line(new Step("dump", 12_340_000, 0, 1_000_000, false)))
        .isEqualTo("dump: 12.3 MB, 1.0 MB/s");
    assertThat(ProgressLines.line(new Step("dump", 40_000_000, 40_000_000, 45_100_000, true)))
        .isEqualTo("dump done: 40.0 MB, 45.1 MB/s");
  }

  @Test
  void aPipelineGetsTheEndsOfStepsAndNoLineEachSecond() {
    ProgressLines lines = lines(false);
    for (int i = 0; i < 5; i++) {
      lines.report(new Step("dump", i, 5, 1, false));
    }
    lines.report(new Step("dump", 5, 5, 1, true));
    assertThat(printed.toString().lines()).containsExactly("dump done: 0.0 MB, 0.0 MB/s");
  }

  @Test
  void aTerminalHasOneLineThatChanges() {
    ProgressLines lines = lines(true);
    lines.report(new Step("stream KV_A", 1_000_000, 9_000_000, 10_000_000, false));
    lines.report(new Step("stream KV_A", 9_000_000, 9_000_000, 9_000_000, true));
    assertThat(printed.toString().lines()).hasSize(3);
    assertThat(printed.toString())
        .contains("\rstream KV_A: 1.0 MB of 9.0 MB, 10.0 MB/s")
        .endsWith(System.lineSeparator());
  }
}
