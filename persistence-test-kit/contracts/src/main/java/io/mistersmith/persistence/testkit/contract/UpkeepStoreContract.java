package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of the upkeep's store, in a database with the set {@code monitoring} alone. */
public abstract class UpkeepStoreContract extends UnitContract {

  private static final Duration EVERY = Duration.ofHours(1);
  private static final Duration TOOK = Duration.ofMillis(1_250);

  /** For implementations. */
  protected UpkeepStoreContract() {}

  private UpkeepStore upkeep() {
    return sql().upkeep();
  }

  private UUID begun(String job, String runtime) {
    return upkeep().begin(job, runtime, Duration.ZERO).run().orElseThrow();
  }

  @Test
  void aRunIsListedOnceItHasEnded() {
    assertThat(upkeep().keepsRuns()).isTrue();
    Turn turn = upkeep().begin("purge", "one", EVERY);
    assertThat(turn.due()).isEqualTo(EVERY);
    assertThat(upkeep().runs("purge", 9)).isEmpty();

    upkeep().end(turn.run().orElseThrow(), TOOK, Outcome.SKIPPED, "there is none");

    assertThat(upkeep().runs("purge", 9))
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.job()).isEqualTo("purge");
              assertThat(run.runtime()).isEqualTo("one");
              assertThat(run.took()).isEqualTo(TOOK);
              assertThat(run.outcome()).isEqualTo(Outcome.SKIPPED);
              assertThat(run.detail()).isEqualTo("there is none");
            });
  }

  @Test
  void aJobIsNotBegunAgainWithinItsPeriodByAnybody() {
    assertThat(upkeep().begin("purge", "one", EVERY).run()).isPresent();

    Turn second = upkeep().begin("purge", "two", EVERY);

    assertThat(second.run()).isEmpty();
    assertThat(second.due()).isBetween(EVERY.minusMinutes(1), EVERY);
    assertThat(upkeep().begin("another", "two", EVERY).run()).isPresent();
  }

  @Test
  void aJobBeginsAgainWhenItsPeriodIsOver() {
    Duration shortly = Duration.ofMillis(50);
    assertThat(upkeep().begin("purge", "one", shortly).run()).isPresent();
    elapse(Duration.ofMillis(60));
    assertThat(upkeep().begin("purge", "two", shortly).run()).isPresent();
  }

  @Test
  void oneOfManyBeginsARun() throws Exception {
    List<CompletableFuture<Turn>> turns = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String runtime = "runtime " + i;
      turns.add(beside(() -> upkeep().begin("purge", runtime, EVERY)));
    }
    int begun = 0;
    for (CompletableFuture<Turn> turn : turns) {
      begun += turn.get(60, TimeUnit.SECONDS).run().isPresent() ? 1 : 0;
    }
    assertThat(begun).isEqualTo(1);
  }

  @Test
  void aRunWhoseRuntimeEndedHasFailedOnceTheNextOneBegins() {
    UUID killed = begun("purge", "killed");
    elapse(Duration.ofMillis(2));
    UUID next = begun("purge", "next");
    upkeep().end(next, TOOK, Outcome.DONE, "3 removed");

    assertThat(upkeep().runs("purge", 9))
        .extracting(Run::runtime, Run::outcome)
        .containsExactly(tuple("next", Outcome.DONE), tuple("killed", Outcome.FAILED));

    upkeep().end(killed, TOOK, Outcome.DONE, "it was only slow");
    assertThat(upkeep().runs("purge", 9)).extracting(Run::outcome).containsOnly(Outcome.DONE);
  }

  @Test
  void theLatestRunOfEachJobIsListed() {
    upkeep().end(begun("a", "one"), TOOK, Outcome.FAILED, "no right");
    elapse(Duration.ofMillis(2));
    upkeep().end(begun("a", "two"), TOOK, Outcome.DONE, "");
    upkeep().end(begun("b", "one"), TOOK, Outcome.DONE, "");
    UUID underWay = begun("c", "one");
    assertThat(underWay).isNotNull();

    assertThat(upkeep().latest())
        .extracting(Run::job, Run::runtime)
        .containsExactlyInAnyOrder(tuple("a", "two"), tuple("b", "one"));
    assertThat(upkeep().runs("a", 1)).extracting(Run::runtime).containsExactly("two");
  }

  @Test
  void runsThatAreOldAreRemoved() {
    upkeep().end(begun("a", "one"), TOOK, Outcome.DONE, "");
    elapse(Duration.ofMillis(5));
    assertThat(upkeep().removeOld(Duration.ofDays(1), 100)).hasValue(0);
    assertThat(upkeep().removeOld(Duration.ofMillis(1), 100)).hasValue(1);
    assertThat(upkeep().runs("a", 9)).isEmpty();
  }

  @Test
  void aSampleIsTakenOnceAMinute() {
    assertThat(upkeep().sampleDatabase()).contains(true);
    assertThat(upkeep().sampleDatabase()).contains(false);
  }

  @Test
  void whatASetIsMissingForIsNotDone() {
    assertThat(upkeep().captureSlowStatements()).isEmpty();
    assertThat(upkeep().purgeAudit(Duration.ofDays(90))).isEmpty();
    assertThat(upkeep().recommendIndexes()).isPresent();
  }

  @Test
  void theSizeIsRecordedAndComparedWithTheFirstOne() {
    assertThat(upkeep().recordCapacity().orElseThrow().since()).isEqualTo(Optional.empty());
    assertThat(upkeep().recordCapacity().orElseThrow().bytes()).isNotNegative();
  }

  @Test
  void theStoreAnswersAndItsSchemaIsThatOfTheLibrary() {
    upkeep().ping();
    assertThat(upkeep().schema().missing()).isEmpty();
    assertThat(upkeep().schema().unknown()).isEmpty();
    assertThat(upkeep().schema().broken()).isEmpty();
    assertThat(upkeep().partitions())
        .allSatisfy(
            table -> {
              assertThat(table.present()).as(table.table()).isTrue();
              assertThat(table.wanted()).as(table.table()).isPositive();
              // One less for each midnight since the database was migrated.
              assertThat(table.ahead()).as(table.table()).isBetween(0, table.wanted());
            });
  }
}
