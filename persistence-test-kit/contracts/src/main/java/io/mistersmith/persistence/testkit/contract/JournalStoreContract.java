package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalPosition.Epoch;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of positions, epochs and leases. */
public abstract class JournalStoreContract extends DurableContract {

  /** For implementations. */
  protected JournalStoreContract() {}

  @Test
  void aBucketNeverSeenHasNoPosition() {
    assertThat(journals().position(BUCKET)).isEmpty();
  }

  @Test
  void theFirstEpochBeginsWhereItIsTold() {
    JournalPosition first =
        journals().startEpoch(BUCKET, Optional.empty(), 5, CREATED, "first seen");
    assertThat(first.epoch()).isPositive();
    assertThat(first)
        .isEqualTo(
            new JournalPosition(
                BUCKET,
                first.epoch(),
                4,
                Instant.EPOCH,
                CREATED,
                List.of(new Epoch(first.epoch(), 5))));
    assertThat(journals().position(BUCKET)).contains(first);
    assertThat(journals().position("ANOTHER")).isEmpty();
  }

  @Test
  void anotherInstallationsDataAreNotTakenForTheOnesOfBefore() {
    JournalPosition first = position();
    UUID ours = journals().installation();
    newInstallation();
    assertThat(journals().installation()).as("what the store was opened on").isEqualTo(ours);
    assertRefused(() -> journals().position(BUCKET));
    assertRefused(() -> journals().position("ANOTHER"));
    assertRefused(() -> journals().startEpoch(BUCKET, Optional.of(first), 3, CREATED, "another's"));
    assertRefused(
        () -> journals().startEpoch("ANOTHER", Optional.empty(), 1, CREATED, "another's"));
    assertThat(journals().apply(first, first.advancedTo(3, CREATED), List.of()))
        .isInstanceOf(ApplyResult.PositionMoved.class);

    Stores others = open(config().build());
    assertThat(others.sql().journals().installation()).isNotEqualTo(ours);
    assertThat(others.sql().journals().position(BUCKET)).contains(first);
    assertThat(others.sql().journals().position("ANOTHER")).isEmpty();
  }

  private static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED);
              assertThat(e.isTransient()).isFalse();
              assertThat(OtherInstallationException.isCauseOf(e)).isTrue();
            });
  }

  @Test
  void thePositionKeepsTimesToTheNanosecond() {
    JournalPosition first = position();
    Instant time = CREATED.plusNanos(1_000_000_001);
    journals().apply(first, first.advancedTo(3, time), List.of());
    JournalPosition now = journals().position(BUCKET).orElseThrow();
    assertThat(now.sequence()).isEqualTo(3);
    assertThat(now.messageTime()).isEqualTo(time);
    assertThat(now.streamCreated()).isEqualTo(CREATED);
    assertThat(now).isEqualTo(first.advancedTo(3, time));
  }

  @Test
  void onlyWhoSawThePositionStartsAnEpoch() {
    JournalPosition first = position();
    assertThat(journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "late"))
        .isEqualTo(first);
    JournalPosition moved = first.advancedTo(9, CREATED.plusSeconds(1));
    journals().apply(first, moved, List.of());
    assertThat(journals().startEpoch(BUCKET, Optional.of(first), 1, CREATED, "late"))
        .as("the position has moved since")
        .isEqualTo(moved);

    JournalPosition second =
        journals().startEpoch(BUCKET, Optional.of(moved), 7, CREATED, "lost its tail");
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    assertThat(second.sequence()).isEqualTo(6);
    assertThat(second.messageTime()).isEqualTo(moved.messageTime());
    assertThat(journals().startEpoch(BUCKET, Optional.of(moved), 7, CREATED, "late"))
        .isEqualTo(second);
  }

  @Test
  void anEpochThatBeginsLaterLeavesThePositionWhereItWas() {
    JournalPosition first = position();
    JournalPosition moved = first.advancedTo(3, CREATED.plusSeconds(1));
    journals().apply(first, moved, List.of());
    JournalPosition second = journals().startEpoch(BUCKET, Optional.of(moved), 9, CREATED, "later");
    assertThat(second.sequence()).isEqualTo(3);
    assertThat(second.epochOf(8)).isEqualTo(first.epoch());
    assertThat(second.epochOf(9)).isEqualTo(second.epoch());
  }

  @Test
  void theMessagesOfARestoredStreamKeepTheirEpochs() {
    JournalPosition first = position();
    JournalPosition second = journals().startEpoch(BUCKET, Optional.of(first), 9, CREATED, "later");
    Instant restored = CREATED.plusSeconds(60);
    JournalPosition third = journals().startEpochOfRestored(second, 20, restored, "restored");
    assertThat(third.streamCreated()).isEqualTo(restored);
    assertThat(third.sequence()).isEqualTo(second.sequence());
    assertThat(List.of(third.epochOf(8), third.epochOf(9), third.epochOf(19), third.epochOf(20)))
        .containsExactly(first.epoch(), second.epoch(), second.epoch(), third.epoch());
    assertThat(journals().position(BUCKET)).contains(third);
    assertThat(journals().startEpochOfRestored(second, 20, CREATED.plusSeconds(90), "late"))
        .as("the position has moved since")
        .isEqualTo(third);
  }

  @Test
  void ofConcurrentObserversOneStartsTheEpoch() throws Exception {
    JournalPosition first = position();
    List<JournalPosition> seen =
        Concurrently.run(
            4, i -> () -> journals().startEpoch(BUCKET, Optional.of(first), 3, CREATED, "r" + i));
    assertThat(seen).containsOnly(seen.get(0));
    assertThat(seen.get(0).epoch()).isGreaterThan(first.epoch());
  }

  @Test
  void ofConcurrentFirstObserversOneStartsTheEpoch() throws Exception {
    List<JournalPosition> seen =
        Concurrently.run(
            4, i -> () -> journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "r" + i));
    assertThat(seen).containsOnly(seen.get(0));
  }

  @Test
  void olderEpochsNameTheMessagesBeforeInTheSameStream() {
    JournalPosition first = position();
    JournalPosition second = journals().startEpoch(BUCKET, Optional.of(first), 81, CREATED, "a");
    JournalPosition third = journals().startEpoch(BUCKET, Optional.of(second), 91, CREATED, "b");
    Epoch one = new Epoch(first.epoch(), 1);
    Epoch two = new Epoch(second.epoch(), 81);
    assertThat(third.epochs()).containsExactly(new Epoch(third.epoch(), 91), two, one);
    assertThat(third.epochOf(91)).isEqualTo(third.epoch());
    assertThat(third.epochOf(90)).isEqualTo(second.epoch());
    assertThat(third.epochOf(80)).isEqualTo(first.epoch());

    JournalPosition fourth = journals().startEpoch(BUCKET, Optional.of(third), 85, CREATED, "c");
    assertThat(fourth.epochs())
        .as("what began later names nothing any more")
        .containsExactly(new Epoch(fourth.epoch(), 85), two, one);
    assertThat(journals().position(BUCKET)).contains(fourth);
  }

  @Test
  void anEpochOfAnotherStreamStandsAlone() {
    JournalPosition first = position();
    Instant created = CREATED.plusNanos(1);
    JournalPosition second =
        journals().startEpoch(BUCKET, Optional.of(first), 4, created, "recreated");
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    assertThat(second.epochs()).containsExactly(new Epoch(second.epoch(), 4));
    assertThat(second.streamCreated()).isEqualTo(created);
    assertThat(journals().position(BUCKET)).contains(second);
  }

  @Test
  void whatWasAppliedLongEnoughIsCountedFromWhenThePositionMoved() {
    Duration age = Duration.ofSeconds(1);
    JournalPosition first = position();
    assertThat(journals().appliedFor(first, age)).isZero();
    JournalPosition moved = first.advancedTo(5, CREATED);
    journals().apply(first, moved, List.of());
    assertThat(journals().appliedFor(moved, age)).as("too late by far").isZero();
    assertThat(journals().appliedFor(moved, Duration.ofDays(1))).isZero();
    elapse(age);
    assertThat(journals().appliedFor(moved, age)).isEqualTo(5);
    assertThat(journals().appliedFor(moved, Duration.ofDays(1))).isZero();

    JournalPosition later = moved.advancedTo(9, CREATED);
    journals().apply(moved, later, List.of());
    assertThat(journals().appliedFor(later, age)).as("of the samples").isEqualTo(5);
    elapse(age);
    assertThat(journals().appliedFor(later, age)).isEqualTo(9);
  }

  @Test
  void underSteadyWritesTheAnswerFollowsThePosition() {
    Duration age = Duration.ofMillis(1_200);
    JournalPosition position = position();
    for (int i = 0; i < 20; i++) {
      JournalPosition next = position.advancedTo(position.sequence() + 1, CREATED);
      journals().apply(position, next, List.of());
      position = next;
      assertThat(journals().appliedFor(position, age)).isLessThan(position.sequence());
      elapse(Duration.ofMillis(75));
    }
    assertThat(journals().appliedFor(position, age)).isPositive();
  }

  @Test
  void whatWasAppliedInAnEarlierEpochDoesNotCount() {
    JournalPosition first = position();
    JournalPosition moved = first.advancedTo(9, CREATED);
    journals().apply(first, moved, List.of());
    elapse(Duration.ofMillis(10));
    assertThat(journals().appliedFor(moved, Duration.ofMillis(5))).isEqualTo(9);
    JournalPosition second = journals().startEpoch(BUCKET, Optional.of(moved), 7, CREATED, "lost");
    assertThat(journals().appliedFor(moved, Duration.ofMillis(5))).as("moved since").isZero();
    assertThat(journals().appliedFor(second, Duration.ofDays(1))).isZero();
  }

  @Test
  void theSamplesTellWhatWasAppliedBefore() {
    // Longer than two calls take on a busy machine: a sample is kept until a later one is this old.
    Duration age = Duration.ofMillis(500);
    JournalPosition first = position();
    JournalPosition moved = first.advancedTo(5, CREATED);
    journals().apply(first, moved, List.of());
    elapse(age);
    assertThat(journals().appliedFor(moved, age)).isEqualTo(5);
    Instant then = now();
    elapse(age);
    JournalPosition later = moved.advancedTo(9, CREATED);
    journals().apply(moved, later, List.of());
    assertThat(journals().appliedFor(later, age)).isBetween(5L, 9L);
    assertThat(journals().wasApplied(BUCKET, new Revision.OfJournal(first.epoch(), 5), then))
        .isTrue();
    assertThat(journals().wasApplied(BUCKET, new Revision.OfJournal(first.epoch(), 6), then))
        .isFalse();
    assertThat(journals().wasApplied(BUCKET, new Revision.OfJournal(first.epoch() + 1, 1), then))
        .isFalse();
    assertThat(
            journals().wasApplied(BUCKET, new Revision.OfJournal(first.epoch(), 5), Instant.EPOCH))
        .isFalse();
    assertThat(journals().wasApplied("ANOTHER", new Revision.OfJournal(first.epoch(), 5), then))
        .isFalse();
  }

  @Test
  void positionsOutliveTheRuntime() {
    JournalPosition first = position();
    stores().close();
    assertThat(open(config().build()).sql().journals().position(BUCKET)).contains(first);
  }

  @Test
  void oneHolderHasTheLease() {
    Duration lease = Duration.ofMinutes(1);
    assertThat(journals().acquireLease(BUCKET, "one", lease)).isTrue();
    assertThat(journals().acquireLease(BUCKET, "two", lease)).isFalse();
    assertThat(journals().acquireLease(BUCKET, "one", lease)).as("renewed").isTrue();
    assertThat(journals().acquireLease("ANOTHER", "two", lease)).isTrue();

    journals().releaseLease(BUCKET, "two");
    assertThat(journals().acquireLease(BUCKET, "two", lease)).as("not his to give").isFalse();
    journals().releaseLease(BUCKET, "one");
    assertThat(journals().acquireLease(BUCKET, "two", lease)).isTrue();
    assertThat(journals().acquireLease(BUCKET, "one", lease)).isFalse();
  }

  @Test
  void aLeaseEndsWhenItIsNotRenewed() {
    assertThat(journals().acquireLease(BUCKET, "one", Duration.ofMillis(300))).isTrue();
    elapse(Duration.ofMillis(400));
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> journals().acquireLease(BUCKET, "two", Duration.ofMinutes(1)));
    assertThat(journals().acquireLease(BUCKET, "one", Duration.ofMinutes(1))).isFalse();
  }

  @Test
  void ofConcurrentRuntimesOneGetsTheLease() throws Exception {
    Stores other = open(config().build());
    List<Boolean> got =
        Concurrently.run(
            6,
            i ->
                () ->
                    (i % 2 == 0 ? stores() : other)
                        .sql()
                        .journals()
                        .acquireLease(BUCKET, "r" + i, Duration.ofMinutes(1)));
    assertThat(got).containsOnlyOnce(true);
  }

  @Test
  void afterCloseEverythingFailsAsClosed() {
    JournalStore journals = journals();
    stores().close();
    Failures.assertFails(DataError.CLOSED, () -> journals.position(BUCKET));
    Failures.assertFails(
        DataError.CLOSED, () -> journals.acquireLease(BUCKET, "one", Duration.ofMinutes(1)));
  }

  private JournalStore journals() {
    return stores().sql().journals();
  }
}
