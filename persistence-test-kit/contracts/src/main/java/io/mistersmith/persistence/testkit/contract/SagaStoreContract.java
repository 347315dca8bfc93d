package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract of the store of sagas: what is added, claimed and appended. */
public abstract class SagaStoreContract extends SagaTests {

  /** For implementations. */
  protected SagaStoreContract() {}

  @Test
  void aRunIsReadBackAsItWasAdded() {
    UUID parent = add();
    Added run =
        new Added(
            nextId(),
            new Definition("\u65e5'\" order", 7),
            List.of("a, b", "{c}", "\"d\""),
            Map.of("city", "\u65e5'\"", "n", 3, "list", List.of(1, "a", Map.of("x", true))),
            "a work's id",
            Optional.of("key"),
            Optional.of(parent),
            LONG);
    assertThat(add(run)).isEqualTo(run.id());
    SagaRun found = find(run.id());
    assertThat(found.startedAt()).isCloseTo(now(), within(1, ChronoUnit.MINUTES));
    assertThat(found)
        .isEqualTo(
            new SagaRun(
                run.id(),
                run.definition().name(),
                7,
                State.RUNNING,
                run.input(),
                run.correlationId(),
                run.parent(),
                found.startedAt(),
                Optional.empty(),
                Optional.empty()));
    assertThat(sagas().log(run.id())).isEmpty();
    lease(MINE, LONG);
    Claimed claimed = sagas().claim(new Claim(MINE, Set.of(run.definition()), 9)).get(0);
    assertThat(claimed.steps()).isEqualTo(run.steps());
    assertThat(claimed.run()).isEqualTo(found);
    assertThat(sagas().find(UUID.randomUUID())).isEmpty();
    assertThat(sagas().log(UUID.randomUUID())).isEmpty();
  }

  @Test
  void aUniqueKeyIsTakenOnceByTheRunsOfAName() {
    UUID first = add(withKey(order(), "invoice-7"));
    assertThat(add(withKey(order(), "invoice-7"))).isEqualTo(first);
    Added newer = withDefinition(withKey(order(), "invoice-7"), new Definition("order", 2));
    assertThat(add(newer)).as("of another version").isEqualTo(first);
    assertThat(sagas().add(withKey(order(), "invoice-7"), Optional.of(MINE))).isEqualTo(first);
    Added other = withDefinition(withKey(order(), "invoice-7"), new Definition("return", 1));
    assertThat(add(other)).as("of another name").isEqualTo(other.id());
    assertThat(ids(claim(MINE, 9))).containsExactly(first);
    end(new Owned(first, 1), State.COMPLETED);
    assertThat(add(withKey(order(), "invoice-7"))).as("it has ended").isEqualTo(first);
  }

  @Test
  void aKeyThatAnOpenTransactionTakesIsWaitedFor() {
    Added first = withKey(order(), "invoice-7");
    CompletableFuture<UUID> second =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  assertThat(unit.sagas().add(first, Optional.empty())).isEqualTo(first.id());
                  CompletableFuture<UUID> beside = beside(() -> add(withKey(order(), "invoice-7")));
                  assertHeld(beside);
                  return beside;
                });
    assertThat(second.orTimeout(60, TimeUnit.SECONDS).join()).isEqualTo(first.id());
  }

  @Test
  void aRunIsAddedAndRolledBackWithATransaction() {
    Added committed = order();
    Added lost = order();
    sql().inTransaction(OPTIONS, unit -> unit.sagas().add(committed, Optional.empty()));
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          UUID id = unit.sagas().add(lost, Optional.empty());
                          assertThat(unit.sagas().find(id)).isPresent();
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(ids(claim(MINE, 9))).containsExactly(committed.id());
    assertThat(sagas().find(lost.id())).isEmpty();
  }

  @Test
  void whatIsDueLongestIsClaimedFirst() {
    UUID rested = add();
    UUID second = add();
    Claimed claimed = claimOne(MINE);
    assertThat(claimed.run().id()).isEqualTo(rested);
    sagas().append(claimed.owner(), 1, List.of(), new Then.Rest(SHORT));
    UUID third = add();
    elapseShort();
    UUID fourth = add();
    assertThat(ids(claim(MINE, 2))).containsExactly(second, third);
    assertThat(ids(claim(MINE, 9))).containsExactly(rested, fourth);
    assertThat(claim(MINE, 9)).isEmpty();
  }

  @Test
  void onlyKnownDefinitionsAreClaimed() {
    UUID one = add();
    add(withDefinition(order(), new Definition("order", 2)));
    UUID other = add(withDefinition(order(), new Definition("return", 1)));
    add(withDefinition(order(), new Definition("return", 3)));
    lease(MINE, LONG);
    Set<Definition> known = Set.of(ORDER, new Definition("return", 1), new Definition("return", 2));
    assertThat(ids(sagas().claim(new Claim(MINE, known, 9)))).containsExactly(one, other);
  }

  @Test
  void aClaimHasAllThatItsOwnerNeeds() {
    UUID id = add();
    Claimed first = claimOne(MINE);
    assertThat(first.owner()).isEqualTo(new Owned(id, 1));
    assertThat(first.run()).isEqualTo(find(id));
    assertThat(first.steps()).containsExactly("reserve", "pay");
    assertThat(first.log()).isEmpty();
    assertThat(first.left()).isBetween(LONG.minusSeconds(60), LONG);
    assertThat(first.cancelled()).isEmpty();
    append(first.owner(), 1, entry(Event.BEGUN, "reserve"));
    sagas()
        .append(
            first.owner(), 2, List.of(entry(Event.DONE, "reserve")), new Then.Rest(Duration.ZERO));
    Claimed second = claimOne(OTHER);
    assertThat(second.owner()).isEqualTo(new Owned(id, 2));
    assertThat(second.log()).isEqualTo(sagas().log(id));
    assertThat(second.log()).extracting(LogEntry::event).containsExactly(Event.BEGUN, Event.DONE);
    assertThat(sagas().load(second.owner()).orElseThrow().log()).isEqualTo(second.log());
  }

  @Test
  void aRunThatIsAddedWithAnOwnerIsItsOwn() {
    Owned owner = owned();
    assertThat(claim(OTHER, 9)).isEmpty();
    assertThat(claim(MINE, 9)).isEmpty();
    Claimed loaded = sagas().load(owner).orElseThrow();
    assertThat(loaded.owner()).isEqualTo(owner);
    assertThat(loaded.steps()).containsExactly("reserve", "pay");
    assertThat(append(owner, 1, entry(Event.BEGUN, "reserve"))).isEmpty();
  }

  @Test
  void theLogKeepsWhatIsAppendedInItsOrder() {
    Owned owner = owned();
    List<NewEntry> rows = new ArrayList<>();
    for (Event event : Event.values()) {
      rows.add(
          new NewEntry(
              event,
              Optional.of("reserve"),
              3,
              Map.of("v", List.of(1, 2.5, true), "text", "\u65e5'\""),
              Optional.of("because of " + event)));
    }
    rows.add(entry(Event.FAILED));
    assertThat(sagas().append(owner, 1, rows, GO_ON)).isEmpty();
    append(owner, rows.size() + 1, entry(Event.BEGUN, "pay"));
    List<LogEntry> log = sagas().log(owner.saga());
    assertThat(log).hasSize(rows.size() + 1);
    for (int i = 0; i < rows.size(); i++) {
      NewEntry row = rows.get(i);
      assertThat(log.get(i))
          .isEqualTo(
              new LogEntry(
                  i + 1,
                  row.event(),
                  row.step(),
                  row.attempt(),
                  1,
                  row.data(),
                  row.reason(),
                  log.get(i).at()));
    }
    assertThat(log).extracting(LogEntry::at).isSorted();
    assertThat(log.get(0).at()).isCloseTo(now(), within(1, ChronoUnit.MINUTES));
    assertThat(find(owner.saga()).state()).as("goes on").isEqualTo(State.RUNNING);
  }

  @Test
  void aRowIsNotAppendedWhereThereIsOne() {
    Owned owner = owned();
    append(owner, 1, entry(Event.BEGUN, "reserve"), entry(Event.DONE, "reserve"));
    assertFails(DataError.VERSION_CONFLICT, () -> append(owner, 2, entry(Event.BEGUN, "pay")));
    assertFails(
        DataError.VERSION_CONFLICT,
        () ->
            sagas()
                .append(
                    owner,
                    1,
                    List.of(entry(Event.STOPPED), entry(Event.STOPPED), entry(Event.STOPPED)),
                    new Then.Stop(State.COMPENSATION_FAILED, "stale")));
    assertThat(events(owner.saga())).containsExactly(Event.BEGUN, Event.DONE);
    assertThat(state(owner.saga())).as("not changed either").isEqualTo(State.RUNNING);
    append(owner, 3, entry(Event.BEGUN, "pay"));
  }

  @Test
  void aRunThatRestsIsDueAfterThePause() {
    Owned owner = owned();
    sagas().append(owner, 1, List.of(entry(Event.FAILED, "pay")), new Then.Rest(SHORT));
    assertThat(sagas().load(owner)).as("its owner gave it up").isEmpty();
    assertFails(DataError.LEASE_LOST, () -> append(owner, 2, entry(Event.BEGUN, "pay")));
    assertThat(claim(OTHER, 9)).isEmpty();
    elapseShort();
    assertThat(claimOne(OTHER).owner()).isEqualTo(new Owned(owner.saga(), 2));
  }

  @Test
  void aRunThatIsCompensatedHasAReasonAndADeadlineOfItsOwn() {
    Owned owner = owned();
    sagas()
        .append(
            owner,
            1,
            List.of(entry(Event.FAILED, "pay"), because(Event.COMPENSATING, "no money")),
            new Then.Compensate(Duration.ofMinutes(60)));
    assertThat(state(owner.saga())).isEqualTo(State.COMPENSATING);
    assertThat(find(owner.saga()).reason()).contains("no money");
    Claimed loaded = sagas().load(owner).orElseThrow();
    assertThat(loaded.run()).isEqualTo(find(owner.saga()));
    assertThat(loaded.left()).isBetween(Duration.ofMinutes(59), Duration.ofMinutes(60));
    sagas().append(owner, 3, List.of(ended(State.COMPENSATED)), new Then.End(State.COMPENSATED));
    assertThat(state(owner.saga())).isEqualTo(State.COMPENSATED);
    assertThat(find(owner.saga()).reason()).as("after its end").contains("no money");
  }

  @ParameterizedTest
  @EnumSource(
      value = State.class,
      names = {"COMPENSATION_FAILED", "FORWARD_FAILED", "DEFINITION_CHANGED"})
  void aStoppedRunIsListedWithItsReasonAndNotClaimed(State state) {
    Owned owner = owned();
    stop(owner, state, "broken");
    SagaRun run = find(owner.saga());
    assertThat(run.state()).isEqualTo(state);
    assertThat(run.reason()).contains("broken");
    assertThat(run.endedAt()).isEmpty();
    assertThat(sagas().load(owner)).isEmpty();
    assertThat(claim(OTHER, 9)).isEmpty();
    assertFails(DataError.LEASE_LOST, () -> append(owner, 2, entry(Event.BEGUN, "pay")));
  }

  @ParameterizedTest
  @EnumSource(
      value = State.class,
      names = {"COMPLETED", "COMPENSATED"})
  void anEndedRunIsOver(State state) {
    Owned owner = owned();
    end(owner, state);
    SagaRun run = find(owner.saga());
    assertThat(run.state()).isEqualTo(state);
    assertThat(run.endedAt().orElseThrow()).isCloseTo(now(), within(1, ChronoUnit.MINUTES));
    assertThat(run.reason()).isEmpty();
    assertThat(sagas().load(owner)).isEmpty();
    assertThat(claim(OTHER, 9)).isEmpty();
    assertFails(DataError.LEASE_LOST, () -> append(owner, 2, entry(Event.BEGUN, "pay")));
    assertThat(events(owner.saga())).containsExactly(Event.ENDED);
  }

  @Test
  void theLastRowOfARunNamesItsEnd() {
    Owned owner = owned();
    for (List<NewEntry> rows :
        List.of(
            List.<NewEntry>of(),
            List.of(ended(State.COMPENSATED)),
            List.of(ended(State.COMPLETED), entry(Event.DONE, "pay")))) {
      assertThatThrownBy(() -> sagas().append(owner, 1, rows, new Then.End(State.COMPLETED)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("COMPLETED");
    }
    assertThat(sagas().load(owner)).isPresent();
  }

  @Test
  void aTimeMayBeAsLongAsAnyDuration() {
    Duration ever = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
    UUID id = add(withTimeout(order(), ever));
    Claimed claimed = claimOne(MINE);
    assertThat(claimed.left()).isGreaterThan(Duration.ofDays(365));
    sagas()
        .append(
            claimed.owner(),
            1,
            List.of(because(Event.COMPENSATING, "why")),
            new Then.Compensate(ever));
    assertThat(sagas().load(claimed.owner()).orElseThrow().left())
        .isGreaterThan(Duration.ofDays(365));
    sagas().append(claimed.owner(), 2, List.of(), new Then.Rest(ever));
    assertThat(state(id)).isEqualTo(State.COMPENSATING);
    assertThat(sagas().waiting(ever)).isEmpty();
    assertThat(sagas().prune(ever, 9)).isZero();
  }

  @Test
  void aRunThatStopsOrEndsInATransactionDoesSoWithIt() {
    Owned owner = owned();
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          unit.sagas()
                              .append(
                                  owner,
                                  1,
                                  List.of(ended(State.COMPLETED)),
                                  new Then.End(State.COMPLETED));
                          assertThat(unit.sagas().find(owner.saga()).orElseThrow().state())
                              .isEqualTo(State.COMPLETED);
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(state(owner.saga())).isEqualTo(State.RUNNING);
    assertThat(sagas().load(owner)).isPresent();
    end(owner, State.COMPLETED);
    assertThat(state(owner.saga())).isEqualTo(State.COMPLETED);
  }

  @Test
  void theTimeThatIsLeftIsCountedByTheStore() {
    UUID id = add(withTimeout(order(), SHORT));
    assertThat(claimOne(MINE).left()).isBetween(Duration.ofMillis(1), SHORT);
    elapseShort();
    Claimed late = sagas().load(new Owned(id, 1)).orElseThrow();
    assertThat(late.left()).isNegative();
    append(late.owner(), 1, entry(Event.BEGUN, "reserve"));
    assertThat(state(id)).as("its owner decides what follows").isEqualTo(State.RUNNING);
  }
}
