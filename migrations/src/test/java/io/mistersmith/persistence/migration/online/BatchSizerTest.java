package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How large a batch becomes, and what is refused before a database is asked. */
class BatchSizerTest {
  private final BatchSizer sizer = new BatchSizer(Pacing.defaults().withBatchSize(100, 1_000));

  @Test
  void batchThatIsTooLongShrinksTheNextAtOnce() {
    sizer.took(Duration.ofMillis(40));
    assertThat(sizer.size()).isEqualTo(50);
    sizer.took(Duration.ofSeconds(60));
    assertThat(sizer.size()).isEqualTo(5);
  }

  @Test
  void shortBatchesGrowByAQuarterUpToTheLargest() {
    sizer.took(Duration.ofMillis(1));
    assertThat(sizer.size()).isEqualTo(125);
    for (int i = 0; i < 50; i++) {
      sizer.took(Duration.ZERO);
    }
    assertThat(sizer.size()).isEqualTo(1_000);
  }

  @Test
  void batchThatIsGivenUpIsTriedAtHalfItsSizeAndNeverAtNone() {
    for (int i = 0; i < 20; i++) {
      sizer.gaveWay();
    }
    assertThat(sizer.size()).isEqualTo(1);
    sizer.took(Duration.ofSeconds(1));
    assertThat(sizer.size()).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      sizer.took(Duration.ofMillis(1));
    }
    assertThat(sizer.size()).as("out of the smallest size again").isGreaterThan(1);
  }

  @Test
  void pacingNamesTheValueThatIsOutOfRange() {
    Pacing pacing = Pacing.defaults();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pacing.withBatchSize(0, 10))
        .withMessageContaining("batchSize");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pacing.withBatchSize(20, 10))
        .withMessageContaining("largestBatch");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pacing.withBatchTime(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .withMessageContaining("batchLimit");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pacing.withLocks(Duration.ZERO, 1, Duration.ZERO))
        .withMessageContaining("lockTimeout");
  }

  @Test
  void buildersNameWhatIsMissing() {
    assertThatIllegalStateException()
        .isThrownBy(() -> OnlineColumn.builder().build())
        .withMessageContaining("dataSource");
    assertThatIllegalStateException()
        .isThrownBy(() -> ShadowTable.builder().build())
        .withMessageContaining("dataSource");
  }

  @ParameterizedTest
  @CsvSource({
    "55P03, LOCKED, true",
    "57014, LOCKED, true",
    "08006, DATABASE_UNAVAILABLE, true",
    "57P01, DATABASE_UNAVAILABLE, true",
    ", DATABASE_UNAVAILABLE, true",
    "55000, WRONG_STATE, false",
    "23505, DATA_REFUSED, false",
    "42601, INVALID_CHANGE, false",
    "0A000, INVALID_CHANGE, false",
    "42501, REFUSED, false",
    "XX000, REFUSED, false"
  })
  void failuresSayWhetherToTryAgain(String state, MigrationException.Kind kind, boolean retryable) {
    MigrationException failure =
        OnlineFailure.ofChange(
            "Table x",
            new SQLException(
                "ERROR: no\n  Detail: secret\n  Hint: Do this.\n  Where: line 1", state));
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.retryable()).isEqualTo(retryable);
    assertThat(failure)
        .hasMessageContaining("Table x")
        .hasMessageContaining("Do this.")
        .hasMessageNotContaining("secret");
  }
}
