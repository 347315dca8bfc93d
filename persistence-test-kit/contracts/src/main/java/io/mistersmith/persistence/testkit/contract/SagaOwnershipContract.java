package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The contract of the ownership of sagas: a run is taken over when its owner's lease is over, and a
 * former owner writes nothing any more, whenever the take-over happens.
 */
public abstract class SagaOwnershipContract extends SagaTests {

  /** For implementations. */
  protected SagaOwnershipContract() {}

  /** Adds a run whose owner's lease is over after a short time. */
  private Owned ownedShortly() {
    lease(MINE, SHORT);
    return new Owned(sagas().add(order(), Optional.of(MINE)), 1);
  }

  /** Appends a row in a unit that saves an agent too, as a step in a transaction does. */
  private static Agent step(SqlUnit unit, Owned owner, int position) {
    return step(unit, owner, position, Agent.of("contract", "of run " + owner.run()));
  }

  private static Agent step(SqlUnit unit, Owned owner, int position, Agent agent) {
    long unused = unit.agents().save(agent, AgentStore.NONE).version();
    unit.sagas().append(owner, position, List.of(entry(Event.DONE, "pay")), GO_ON);
    return agent;
  }

  private boolean exists(AgentId agent) {
    return sql().agents().find(agent).isPresent();
  }

  @Test
  void aRunIsTakenOverWhenTheLeaseOfItsOwnerIsOver() {
    Owned former = ownedShortly();
    append(former, 1, entry(Event.BEGUN, "reserve"));
    assertThat(claim(OTHER, 9)).as("while the lease holds").isEmpty();
    elapseShort();
    Claimed taken = claimOne(OTHER);
    assertThat(taken.owner()).isEqualTo(new Owned(former.saga(), 2));
    assertThat(taken.log()).extracting(LogEntry::event).containsExactly(Event.BEGUN);
    assertThat(claim("runner-3", 9)).isEmpty();

    assertThat(sagas().load(former)).isEmpty();
    assertFails(DataError.LEASE_LOST, () -> append(former, 2, entry(Event.DONE, "reserve")));
    assertFails(
        DataError.LEASE_LOST,
        () ->
            sagas()
                .append(former, 2, List.of(ended(State.COMPLETED)), new Then.End(State.COMPLETED)));
    assertFails(
        DataError.LEASE_LOST,
        () -> sagas().append(former, 2, List.of(), new Then.Rest(Duration.ZERO)));
    assertThat(events(former.saga())).containsExactly(Event.BEGUN);

    append(taken.owner(), 2, entry(Event.DONE, "reserve"));
    assertThat(sagas().log(former.saga())).extracting(LogEntry::run).containsExactly(1, 2);
  }

  @Test
  void aRenewedLeaseKeepsTheRunsOfItsHolder() {
    lease(MINE, SHORT.multipliedBy(4));
    Owned owner = new Owned(sagas().add(order(), Optional.of(MINE)), 1);
    for (int i = 0; i < 3; i++) {
      elapse(SHORT.multipliedBy(2));
      lease(MINE, SHORT.multipliedBy(4));
      assertThat(claim(OTHER, 9)).isEmpty();
    }
    append(owner, 1, entry(Event.BEGUN, "reserve"));
  }

  @Test
  void anOwnerWhoseLeaseIsOverGoesOnUntilItIsTakenOver() {
    Owned owner = ownedShortly();
    elapseShort();
    append(owner, 1, entry(Event.BEGUN, "reserve"));
    assertThat(sagas().load(owner)).isPresent();
    assertThat(claimOne(OTHER).log()).hasSize(1);
    assertFails(DataError.LEASE_LOST, () -> append(owner, 2, entry(Event.DONE, "reserve")));
  }

  @Test
  void theRunsOfALeaseThatIsGivenBackAreTakenOverAtOnce() {
    Owned former = owned();
    sql().journals().releaseLease(SagaStore.leaseOf(MINE), MINE);
    assertThat(claimOne(OTHER).owner()).isEqualTo(new Owned(former.saga(), 2));
  }

  @Test
  void anOwnerWithoutALeaseIsNone() {
    UUID id = sagas().add(order(), Optional.of("nobody"));
    assertThat(claimOne(OTHER).owner()).isEqualTo(new Owned(id, 2));
  }

  @Test
  void aRunThatRestsDoesNotDependOnItsFormerOwnersLease() {
    Owned owner = ownedShortly();
    sagas().append(owner, 1, List.of(), new Then.Rest(LONG));
    elapseShort();
    assertThat(claim(OTHER, 9)).isEmpty();
  }

  @Test
  void aRunnerGivesAllItsRunsUp() {
    Owned first = owned();
    Owned second = owned();
    UUID free = add();
    lease(OTHER, LONG);
    UUID others = sagas().add(order(), Optional.of(OTHER));
    sagas().append(second, 1, List.of(), new Then.Rest(LONG));
    assertThat(sagas().release(MINE)).isEqualTo(1);
    assertThat(sagas().release(MINE)).isZero();
    assertThat(sagas().load(first)).isEmpty();
    assertFails(DataError.LEASE_LOST, () -> append(first, 1, entry(Event.BEGUN, "reserve")));
    assertThat(ids(claim("runner-3", 9))).containsExactlyInAnyOrder(first.saga(), free);
    assertThat(sagas().load(new Owned(others, 1))).isPresent();
  }

  @Test
  void whatIsAppendedIsCommittedAndRolledBackWithTheStep() {
    Owned owner = owned();
    Agent done = sql().inTransaction(OPTIONS, unit -> step(unit, owner, 1));
    assertThat(exists(done.id())).isTrue();
    assertThat(events(owner.saga())).containsExactly(Event.DONE);
    Agent lost = Agent.of("contract", "lost");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          step(unit, owner, 2, lost);
                          assertThat(unit.sagas().log(owner.saga())).hasSize(2);
                          assertThat(sagas().log(owner.saga())).as("by others").hasSize(1);
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(exists(lost.id())).isFalse();
    assertThat(events(owner.saga())).containsExactly(Event.DONE);
    append(owner, 2, entry(Event.BEGUN, "pay"));
  }

  @Test
  void aStepOfAFormerOwnerIsRefusedWithItsRow() {
    Owned former = ownedShortly();
    elapseShort();
    claimOne(OTHER);
    Agent agent = Agent.of("contract", "refused");
    assertFails(
        DataError.LEASE_LOST,
        () -> sql().inTransaction(OPTIONS, unit -> step(unit, former, 1, agent)));
    assertThat(exists(agent.id())).isFalse();
    assertThat(sagas().log(former.saga())).isEmpty();
  }

  /** The former owner commits after the take-over: its step counts, and the new owner sees it. */
  @Test
  void aStepThatWasOpenDuringTheTakeOverCountsWhenItIsCommitted() {
    Owned former = ownedShortly();
    CompletableFuture<?>[] second = new CompletableFuture<?>[1];
    Owned[] next = new Owned[1];
    Agent done =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  Agent agent = step(unit, former, 1);
                  elapseShort();
                  next[0] = claimOne(OTHER).owner();
                  second[0] = beside(() -> takeOver(next[0]));
                  assertHeld(second[0]);
                  return agent;
                });
    assertThat(second[0].handle((none, e) -> e).orTimeout(60, TimeUnit.SECONDS).join())
        .satisfies(e -> Failures.assertIs(DataError.VERSION_CONFLICT, e));
    assertThat(exists(done.id())).isTrue();
    assertThat(sagas().load(next[0]).orElseThrow().log())
        .extracting(LogEntry::event, LogEntry::run)
        .containsExactly(tuple(Event.DONE, 1));
    append(next[0], 2, entry(Event.BEGUN, "pay"));
    assertFails(DataError.LEASE_LOST, () -> append(former, 3, entry(Event.DONE, "pay")));
  }

  private Agent takeOver(Owned owner) {
    return sql().inTransaction(OPTIONS, unit -> step(unit, owner, 1));
  }

  /** The former owner dies with its transaction: the new owner's step counts. */
  @Test
  void aStepThatWasOpenDuringTheTakeOverIsDoneAnewWhenItIsRolledBack() {
    Owned former = ownedShortly();
    CompletableFuture<?>[] second = new CompletableFuture<?>[1];
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          step(unit, former, 1);
                          elapseShort();
                          Owned next = claimOne(OTHER).owner();
                          second[0] = beside(() -> takeOver(next));
                          assertHeld(second[0]);
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(second[0].orTimeout(60, TimeUnit.SECONDS).join()).isInstanceOf(Agent.class);
    assertThat(sagas().log(former.saga())).extracting(LogEntry::run).containsExactly(2);
  }

  /** The former owner's transaction began before the take-over, and appends after it. */
  @Test
  void aStepIsRefusedWhereTheNewOwnerHasCommittedIt() {
    for (Isolation isolation : Isolation.values()) {
      Owned former = ownedShortly();
      SqlOptions options = SqlOptions.of("step of a former owner").withIsolation(isolation);
      Throwable refused =
          catchThrowable(
              () ->
                  sql()
                      .inTransaction(
                          options,
                          unit -> {
                            if (sagas().log(former.saga()).isEmpty()) {
                              assertThat(unit.sagas().log(former.saga())).isEmpty();
                              elapseShort();
                              takeOver(claimOne(OTHER).owner());
                            }
                            return step(unit, former, 1);
                          }));
      assertThat(refused).as("%s", isolation).isInstanceOf(PersistenceException.class);
      assertThat(sagas().log(former.saga())).extracting(LogEntry::run).containsExactly(2);
    }
  }

  @Test
  void eachRunIsClaimedByOneRunner() throws Exception {
    Set<UUID> added = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      added.add(add());
    }
    List<List<Claimed>> claimed =
        Concurrently.run(
            4,
            i ->
                () -> {
                  String holder = "runner-" + i;
                  lease(holder, LONG);
                  return sagas().claim(new Claim(holder, Set.of(ORDER), 15));
                });
    List<UUID> all = claimed.stream().flatMap(List::stream).map(run -> run.run().id()).toList();
    assertThat(all).doesNotHaveDuplicates();
    assertThat(added).containsAll(all);
    added.removeAll(all);
    assertThat(ids(claim(OTHER, 99))).containsExactlyInAnyOrderElementsOf(added);
  }

  @Test
  void oneOfTwoAppendsAtAPositionWins() throws Exception {
    Owned owner = owned();
    for (int i = 1; i <= 10; i++) {
      int position = i;
      List<Boolean> won =
          Concurrently.run(
              2,
              thread ->
                  () -> {
                    try {
                      append(owner, position, entry(Event.BEGUN, "step-" + thread));
                      return true;
                    } catch (PersistenceException e) {
                      assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT);
                      return false;
                    }
                  });
      assertThat(won).containsExactlyInAnyOrder(true, false);
    }
    assertThat(sagas().log(owner.saga()))
        .extracting(LogEntry::position)
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  }
}
