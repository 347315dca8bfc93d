package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;

class FailureAnalyzerTest {

  private static FailureAnalysis analyze(RuntimeException cause) {
    FailureAnalysis analysis =
        new PersistenceFailureAnalyzer().analyze(new IllegalStateException("bean", cause));
    assertThat(analysis).isNotNull();
    return analysis;
  }

  @Test
  void namesCauseAndRemedy() {
    FailureAnalysis analysis =
        analyze(
            new NonTransientPersistenceException(DataError.MISCONFIGURED, "no address; set a url"));
    assertThat(analysis.getDescription()).contains("MISCONFIGURED", "no address; set a url");
    assertThat(analysis.getAction()).contains("description");
  }

  @Test
  void aServerThatIsAwayCanBeWaitedFor() {
    FailureAnalysis analysis =
        analyze(new TransientPersistenceException(DataError.CONNECTION_FAILED, "no NATS"));
    assertThat(analysis.getAction()).contains("persistence.wait-for-servers");
  }
}
