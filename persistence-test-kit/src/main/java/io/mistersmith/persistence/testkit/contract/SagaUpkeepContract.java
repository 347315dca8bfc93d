package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of what operators and nested sagas do to runs, and of lists and pruning. */
public abstract class SagaUpkeepContract extends SagaTests {

  private static final Duration HOUR = Duration.ofHours(1);

  /** For implementations. */
  protected SagaUpkeepContract() {}

  private Owned compensating() {
    Owned owner = owned();
    sagas()
        .append(
            owner, 1, List.of(because(Event.COMPENSATING, "why")), new Then.Compensate(LONG));
    return owner;
  }

  private Owned over(State state) {
    Owned owner = owned();
    end(owner, state);
    return owner;
  }

  private Owned stopped(State state) {
    Owned owner = owned();
    stop(owner, state, "broken");
    return owner;
  }

  @Test
  void aCancelledRunTellsItsOwner() {
    Owned owner = owned();
    assertThat(sagas().cancel(owner.saga(), "not needed")).isTrue();
    assertThat(state(owner.saga())).as("until its owner acts").isEqualTo(State.RUNNING);
    assertThat(append(owner, 1, entry(Event.DONE, "reserve"))).contains("not needed");
    assertThat(append(owner, 2)).as("without rows").contains("not needed");
    assertThat(sagas().load(owner).orElseThrow().cancelled()).contains("not needed");
    assertThat(sagas().cancel(owner.saga(), "again")).isTrue();
  }

  @Test
  void aCancelledRunThatRestsIsDueAtOnce() {
    Owned owner = owned();
    sagas().append(owner, 1, List.of(), new Then.Rest(LONG));
    assertThat(claim(OTHER, 9)).isEmpty();
    assertThat(sagas().cancel(owner.saga(), "not needed")).isTrue();
    Claimed claimed = claimOne(OTHER);
    assertThat(claimed.owner()).isEqualTo(new Owned(owner.saga(), 2));
    assertThat(claimed.cancelled()).contains("not needed");
  }

  @Test
  void onlyARunningRunIsCancelled() {
    for (Owned owner :
        List.of(
            compensating(),
            over(State.COMPLETED),
            over(State.COMPENSATED),
            stopped(State.COMPENSATION_FAILED),
            stopped(State.FORWARD_FAILED),
            new Owned(UUID.randomUUID(), 1))) {
      Optional<SagaRun> before = sagas().find(owner.saga());
      assertThat(sagas().cancel(owner.saga(), "not needed")).isFalse();
      assertThat(sagas().find(owner.saga())).isEqualTo(before);
    }
  }

  @Test
  void aStoppedRunGoesOnWhereItWas() {
    assertThat(resumed(stopped(State.COMPENSATION_FAILED))).isEqualTo(State.COMPENSATING);
    assertThat(resumed(stopped(State.FORWARD_FAILED))).isEqualTo(State.RUNNING);
    assertThat(resumed(stopped(State.DEFINITION_CHANGED))).isEqualTo(State.RUNNING);
    Owned owner = compensating();
    sagas()
        .append(
            owner,
            2,
            List.of(because(Event.STOPPED, "changed")),
            new Then.Stop(State.DEFINITION_CHANGED, "changed"));
    assertThat(resumed(owner)).isEqualTo(State.COMPENSATING);
  }

  /** Resumes a run, and returns the state in which it is claimed then. */
  private State resumed(Owned owner) {
    UUID id = owner.saga();
    int rows = sagas().log(id).size();
    assertThat(sagas().resume(id, HOUR)).isTrue();
    assertThat(sagas().resume(id, HOUR)).as("twice").isFalse();
    Claimed claimed = claimOne(OTHER);
    assertThat(claimed.owner()).isEqualTo(new Owned(id, 2));
    assertThat(claimed.left()).isBetween(Duration.ofMinutes(59), HOUR);
    assertThat(claimed.log()).hasSize(rows + 1);
    LogEntry last = claimed.log().get(rows);
    assertThat(last.event()).isEqualTo(Event.RESUMED);
    assertThat(last.position()).isEqualTo(rows + 1);
    append(claimed.owner(), rows + 2, entry(Event.BEGUN, "pay"));
    return claimed.run().state();
  }

  @Test
  void aStoppedRunIsGivenUp() {
    for (State state :
        List.of(State.COMPENSATION_FAILED, State.FORWARD_FAILED, State.DEFINITION_CHANGED)) {
      UUID id = stopped(state).saga();
      assertThat(sagas().giveUp(id, "repaired by hand")).isTrue();
      SagaRun run = find(id);
      assertThat(run.state()).isEqualTo(State.GIVEN_UP);
      assertThat(run.reason()).contains("repaired by hand");
      assertThat(run.endedAt()).isPresent();
      assertThat(events(id)).containsExactly(Event.STOPPED, Event.ENDED);
      LogEntry last = sagas().log(id).get(1);
      assertThat(last.data()).isEqualTo(Map.of("state", "GIVEN_UP"));
      assertThat(last.reason()).contains("repaired by hand");
      assertThat(sagas().giveUp(id, "again")).isFalse();
      assertThat(sagas().resume(id, HOUR)).isFalse();
    }
    assertThat(claim(OTHER, 9)).isEmpty();
  }

  @Test
  void onlyAStoppedRunIsResumedOrGivenUp() {
    for (UUID id :
        List.of(
            owned().saga(),
            compensating().saga(),
            over(State.COMPLETED).saga(),
            UUID.randomUUID())) {
      int rows = sagas().log(id).size();
      assertThat(sagas().resume(id, HOUR)).isFalse();
      assertThat(sagas().giveUp(id, "why not")).isFalse();
      assertThat(sagas().log(id)).hasSize(rows);
    }
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
            claimed.owner(),
            3,
            List.of(ended(State.COMPENSATED)),
            new Then.End(State.COMPENSATED));
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
    sagas()
        .append(outer, 2, List.of(ended(State.COMPENSATED)), new Then.End(State.COMPENSATED));
    assertThat(sagas().giveUp(second.saga(), "repaired")).isTrue();
    assertThat(state(outer.saga())).isEqualTo(State.COMPENSATED);
    assertThat(claim(OTHER, 9)).isEmpty();
  }

  @Test
  void runsAreListedInPagesByTheirIds() {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      Added run = order();
      ids.add(
          add(
              new Added(
                  UUID.randomUUID(),
                  run.definition(),
                  run.steps(),
                  run.input(),
                  run.correlationId(),
                  Optional.empty(),
                  Optional.empty(),
                  LONG)));
    }
    List<SagaRun> all = new ArrayList<>();
    SagaQuery query = SagaQuery.all().withLimit(3);
    List<SagaRun> page = sagas().find(query);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(3);
      all.addAll(page);
      page = sagas().find(query.after(page.get(page.size() - 1).id()));
    }
    assertThat(all).extracting(SagaRun::id).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(all).extracting(run -> run.id().toString()).isSorted();
    assertThat(sagas().find(SagaQuery.all().after(new UUID(0, 0)))).isEqualTo(all);
  }

  @Test
  void runsAreSelectedByWhatTheyAre() {
    UUID running = add();
    UUID undone = compensating().saga();
    UUID done = over(State.COMPLETED).saga();
    UUID failed = stopped(State.COMPENSATION_FAILED).saga();
    UUID givenUp = stopped(State.FORWARD_FAILED).saga();
    assertThat(sagas().giveUp(givenUp, "by hand")).isTrue();
    UUID named = add(withDefinition(order(), new Definition("return", 3)));
    UUID nested = add(nestedIn(running));
    Added other = order();
    UUID correlated =
        add(
            new Added(
                other.id(),
                ORDER,
                other.steps(),
                other.input(),
                "work-2",
                Optional.empty(),
                Optional.of(undone),
                LONG));
    SagaQuery all = SagaQuery.all();
    assertSelected(all.withState(State.RUNNING), running, named, nested, correlated);
    assertSelected(all.withState(State.COMPENSATING), undone);
    assertSelected(all.withState(State.COMPLETED), done);
    assertSelected(all.withState(State.COMPENSATION_FAILED), failed);
    assertSelected(all.withState(State.FORWARD_FAILED));
    assertSelected(all.withState(State.GIVEN_UP), givenUp);
    assertSelected(all.withName("return"), named);
    assertSelected(all.withParent(running), nested);
    assertSelected(all.withCorrelationId("work-2"), correlated);
    assertSelected(all.withName("order").withState(State.RUNNING).withLimit(2), running, nested);
    assertSelected(all.withState(State.RUNNING).after(named), nested, correlated);
    assertSelected(all.withCorrelationId("work-2").withParent(running));
  }

  private void assertSelected(SagaQuery query, UUID... runs) {
    assertThat(sagas().find(query))
        .as("%s", query)
        .extracting(SagaRun::id)
        .containsExactly(runs);
  }

  @Test
  void theDefinitionsOfRunsThatNobodyClaimsAreCounted() {
    add();
    add();
    add(withDefinition(order(), new Definition("order", 2)));
    owned();
    stopped(State.FORWARD_FAILED);
    over(State.COMPLETED);
    Owned resting = owned();
    sagas().append(resting, 1, List.of(), new Then.Rest(LONG));
    assertThat(sagas().waiting(LONG)).isEmpty();
    elapseShort();
    assertThat(sagas().waiting(SHORT))
        .isEqualTo(Map.of(ORDER, 2, new Definition("order", 2), 1));
    assertThat(claim(OTHER, 9)).hasSize(2);
    assertThat(sagas().waiting(SHORT)).isEqualTo(Map.of(new Definition("order", 2), 1));
  }

  @Test
  void endedRunsArePrunedWithTheirLogs() {
    UUID old = over(State.COMPLETED).saga();
    UUID older = over(State.COMPENSATED).saga();
    UUID givenUp = stopped(State.FORWARD_FAILED).saga();
    assertThat(sagas().giveUp(givenUp, "by hand")).isTrue();
    UUID stopped = stopped(State.COMPENSATION_FAILED).saga();
    UUID running = add();
    assertThat(sagas().prune(HOUR, 9)).isZero();
    elapseShort();
    UUID young = over(State.COMPLETED).saga();
    assertThat(sagas().prune(SHORT, 2)).isEqualTo(2);
    assertThat(sagas().prune(SHORT, 9)).isEqualTo(1);
    for (UUID id : List.of(old, older, givenUp)) {
      assertThat(sagas().find(id)).isEmpty();
      assertThat(sagas().log(id)).isEmpty();
    }
    for (UUID id : List.of(stopped, running, young)) {
      assertThat(sagas().find(id)).isPresent();
    }
    assertThat(sagas().log(stopped)).hasSize(1);
  }

  @Test
  void theKeyOfAPrunedRunIsFree() {
    lease(MINE, LONG);
    UUID first = sagas().add(withKey(order(), "invoice-7"), Optional.of(MINE));
    end(new Owned(first, 1), State.COMPLETED);
    elapseShort();
    assertThat(sagas().prune(SHORT, 9)).isEqualTo(1);
    Added next = withKey(order(), "invoice-7");
    assertThat(add(next)).isEqualTo(next.id());
    assertThat(sagas().find(next.id())).isPresent();
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
    elapseShort();
    assertThat(sagas().prune(SHORT, 9)).as("counted once").isEqualTo(1);
    for (Owned run : List.of(outer, middle, inner)) {
      assertThat(sagas().find(run.saga())).isEmpty();
      assertThat(sagas().log(run.saga())).isEmpty();
    }
  }
}
