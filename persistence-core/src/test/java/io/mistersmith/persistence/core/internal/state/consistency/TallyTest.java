package io.mistersmith.persistence.core.internal.state.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every key is counted once, and only the first are kept. */
class TallyTest {

  @Test
  void countsEachSubjectOnceHoweverManyAreFound() {
    Tally tally = new Tally();
    for (int message = 0; message < 2; message++) {
      for (int i = 0; i < 1_500; i++) {
        if (tally.isNew("k" + i)) {
          tally.found(orphan("k" + i));
        }
      }
    }
    ConsistencyReport report =
        tally.report(CheckScope.everything(), Instant.EPOCH, Duration.ofMillis(1));
    assertThat(report.found()).containsEntry(Kind.ORPHAN_ENTRY, 1_500L);
    assertThat(report.inconsistencies()).hasSize(1_000);
  }

  private static Inconsistency orphan(String subject) {
    return new Inconsistency(
        Kind.ORPHAN_ENTRY,
        subject,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Repair.LEFT);
  }
}
