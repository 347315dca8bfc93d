package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

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

/** The contract of what operators do to runs, and of lists and pruning. */
public abstract class SagaUpkeepContract extends SagaTests {

  /** For implementations. */
  protected SagaUpkeepContract() {}

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
    assertThat(claimed.run()).isEqualTo(find(id));
    assertThat(claimed.run().reason())
        .as("why it is compensated, no longer why it stopped")
        .isEqualTo(
            claimed.log().stream()
                .filter(entry -> entry.event() == Event.COMPENSATING)
                .findFirst()
                .flatMap(LogEntry::reason));
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
    assertThat(sagas().find(query)).as("%s", query).extracting(SagaRun::id).containsExactly(runs);
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
    assertThat(sagas().waiting(SHORT)).isEqualTo(Map.of(ORDER, 2, new Definition("order", 2), 1));
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
}
