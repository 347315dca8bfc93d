package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of sagas in others: the end of one wakes the outer one, which may reopen it. */
public abstract class SagaNestingContract extends SagaTests {

  /** For implementations. */
  protected SagaNestingContract() {}

  @Test
  void aRunIsNestedInOneThatExists() {
    Added run = nestedIn(UUID.randomUUID());
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(run));
    assertThat(sagas().find(run.id())).isEmpty();
  }

  @Test
  void theEndOfANestedRunMakesTheOuterOneDue() {
    for (State state : List.of(State.COMPLETED, State.COMPENSATED, State.GIVEN_UP)) {
      Owned outer = owned();
      Owned nested = new Owned(sagas().add(nestedIn(outer.saga()), Optional.of(MINE)), 1);
      assertThat(find(nested.saga()).parent()).contains(outer.saga());
      sagas().append(outer, 1, List.of(), new Then.Rest(LONG));
      assertThat(claim(OTHER, 9)).isEmpty();
      if (state == State.GIVEN_UP) {
        stop(nested, State.COMPENSATION_FAILED, "broken");
        assertThat(sagas().giveUp(nested.saga(), "repaired")).isTrue();
      } else {
        end(nested, state);
      }
      assertThat(claimOne(OTHER).owner()).as("%s", state).isEqualTo(new Owned(outer.saga(), 2));
    }
  }

  @Test
  void theEndOfANestedRunLeavesAnOuterOneThatIsOwnedOrOver() {
    Owned outer = owned();
    Owned first = new Owned(sagas().add(nestedIn(outer.saga()), Optional.of(MINE)), 1);
    end(first, State.COMPLETED);
    assertThat(claim(OTHER, 9)).isEmpty();
    append(outer, 1, entry(Event.DONE, "reserve"));
    Owned second = new Owned(sagas().add(nestedIn(outer.saga()), Optional.of(MINE)), 1);
    stop(second, State.FORWARD_FAILED, "broken");
    sagas().append(outer, 2, List.of(ended(State.COMPENSATED)), new Then.End(State.COMPENSATED));
    assertThat(sagas().giveUp(second.saga(), "repaired")).isTrue();
    assertThat(state(outer.saga())).isEqualTo(State.COMPENSATED);
    assertThat(claim(OTHER, 9)).isEmpty();
  }

  @Test
  void aCompletedRunIsReopenedToBeCompensated() {
    Owned owner = over(State.COMPLETED);
    assertThat(sagas().reopen(owner.saga(), "the outer one is undone", HOUR)).isTrue();
    SagaRun run = find(owner.saga());
    assertThat(run.state()).isEqualTo(State.COMPENSATING);
    assertThat(run.endedAt()).isEmpty();
    assertThat(run.reason()).contains("the outer one is undone");
    assertThat(sagas().reopen(owner.saga(), "again", HOUR)).as("again").isFalse();
    Claimed claimed = claimOne(OTHER);
    assertThat(claimed.owner().run()).isGreaterThan(1);
    assertThat(claimed.run()).isEqualTo(run);
    assertThat(claimed.steps()).containsExactly("reserve", "pay");
    assertThat(claimed.left()).isBetween(Duration.ofMinutes(59), HOUR);
    assertThat(claimed.log())
        .extracting(LogEntry::event)
        .containsExactly(Event.ENDED, Event.COMPENSATING);
    assertFails(DataError.LEASE_LOST, () -> append(owner, 3, entry(Event.UNDONE, "pay")));
    sagas()
        .append(
            claimed.owner(), 3, List.of(ended(State.COMPENSATED)), new Then.End(State.COMPENSATED));
    assertThat(state(owner.saga())).isEqualTo(State.COMPENSATED);
    assertThat(find(owner.saga()).endedAt()).isPresent();
    assertThat(sagas().reopen(owner.saga(), "again", HOUR)).as("compensated").isFalse();
  }

  @Test
  void aRunningRunIsCancelledInsteadOfReopened() {
    Owned owner = owned();
    assertThat(sagas().reopen(owner.saga(), "the outer one is undone", HOUR)).isTrue();
    assertThat(append(owner, 1, entry(Event.DONE, "pay"))).contains("the outer one is undone");
    for (UUID id :
        List.of(
            compensating().saga(),
            stopped(State.COMPENSATION_FAILED).saga(),
            stopped(State.FORWARD_FAILED).saga(),
            UUID.randomUUID())) {
      assertThat(sagas().reopen(id, "why not", HOUR)).isFalse();
    }
  }

  @Test
  void aNestedRunIsPrunedWithTheOuterOne() {
    Owned outer = owned();
    Owned middle = new Owned(sagas().add(nestedIn(outer.saga()), Optional.of(MINE)), 1);
    Owned inner = new Owned(sagas().add(nestedIn(middle.saga()), Optional.of(MINE)), 1);
    end(inner, State.COMPLETED);
    end(middle, State.COMPLETED);
    elapseShort();
    assertThat(sagas().prune(SHORT, 9)).as("the outer one runs").isZero();
    assertThat(sagas().find(inner.saga())).isPresent();
    end(outer, State.COMPLETED);
    assertThat(sagas().reopen(inner.saga(), "undone", HOUR)).isTrue();
    elapseShort();
    assertThat(sagas().prune(SHORT, 9)).as("the inner one runs again").isZero();
    Claimed again = claimOne(OTHER);
    sagas()
        .append(
            again.owner(),
            again.log().size() + 1,
            List.of(ended(State.COMPENSATED)),
            new Then.End(State.COMPENSATED));
    assertThat(sagas().prune(SHORT, 9)).as("counted once").isEqualTo(1);
    for (Owned run : List.of(outer, middle, inner)) {
      assertThat(sagas().find(run.saga())).isEmpty();
      assertThat(sagas().log(run.saga())).isEmpty();
    }
  }
}
