package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of a unit of work: all or nothing, and when it is refused. */
public abstract class SqlUnitContract extends UnitContract {

  /** For implementations. */
  protected SqlUnitContract() {}

  @Test
  void whatAUnitWritesIsCommittedTogether() {
    Agent agent = Agent.of("contract", "one");
    StateKey key = StateKey.of(agent.id(), "key");
    JournalPosition previous = position();
    LifecycleEvent event = LifecycleEvent.of(agent.id(), "promoted", Map.of(), now());
    long version =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  long first = unit.agents().save(agent, AgentStore.NONE).version();
                  assertThat(unit.lifecycleEvents().record(event)).isTrue();
                  assertApplied(unit, previous, key);
                  assertThat(unit.states().find(key)).as("its own write").isPresent();
                  assertThat(sql().agents().find(agent.id())).as("seen by others").isEmpty();
                  assertThat(sql().states().find(key)).as("seen by others").isEmpty();
                  return first;
                });
    assertThat(version).isEqualTo(1);
    assertThat(sql().agents().find(agent.id())).isPresent();
    assertThat(sql().states().find(key)).isPresent();
    assertThat(position().sequence()).isEqualTo(previous.sequence() + 1);
    assertThat(sql().lifecycleEvents().list(agent.id(), Optional.empty(), 9)).contains(event);
  }

  @Test
  void anExceptionRollsAllBackAndIsThrownOn() {
    Agent agent = Agent.of("contract", "one");
    StateKey key = StateKey.of(register(), "key");
    JournalPosition previous = position();
    IllegalArgumentException own = new IllegalArgumentException("of the work");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          unit.agents().save(agent, AgentStore.NONE);
                          assertApplied(unit, previous, key);
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(sql().agents().find(agent.id())).isEmpty();
    assertThat(sql().states().find(key)).isEmpty();
    assertThat(position()).isEqualTo(previous);
    assertThat(save(agent)).as("the row is free").isEqualTo(1);
  }

  @Test
  void anErrorRollsAllBackAndIsThrownOn() {
    Agent agent = Agent.of("contract", "one");
    StackOverflowError own = new StackOverflowError("of the work");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          unit.agents().save(agent, AgentStore.NONE);
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(sql().agents().find(agent.id())).isEmpty();
    assertThat(save(agent)).as("the row is free").isEqualTo(1);
  }

  @Test
  void aUnitIsNotFoundByTheRowOfAnotherWithItsId() {
    String id = TransactionTests.id();
    SqlOptions lost = OPTIONS.withCorrelationId(id);
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        lost,
                        unit -> {
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(sql().isCommitted(lost)).isFalse();
    SqlOptions other = OPTIONS.withCorrelationId(id);
    sql().inTransaction(other, unit -> 1);
    assertThat(sql().isCommitted(other)).isTrue();
    assertThatThrownBy(() -> sql().isCommitted(lost))
        .hasMessageContaining(id)
        .satisfies(e -> Failures.assertIs(DataError.DUPLICATE_KEY, e));
    assertThat(sql().isCommitted(id)).as("by the id alone").isTrue();
  }

  @Test
  void anInterruptedUnitThatFailsIsRolledBackAndStaysInterrupted() {
    Agent agent = Agent.of("contract", "one");
    Throwable thrown =
        catchThrowable(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          unit.agents().save(agent, AgentStore.NONE);
                          Thread.currentThread().interrupt();
                          throw new IllegalStateException("interrupted");
                        }));
    assertThat(Thread.interrupted()).as("still interrupted").isTrue();
    assertThat(thrown).hasMessage("interrupted");
    assertThat(sql().agents().find(agent.id())).isEmpty();
    assertThat(save(agent)).as("the row is free").isEqualTo(1);
  }

  @Test
  void anInterruptedUnitThatGoesOnIsCommitted() {
    Agent agent = Agent.of("contract", "one");
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              Thread.currentThread().interrupt();
              return unit.agents().save(agent, AgentStore.NONE);
            });
    assertThat(Thread.interrupted()).as("still interrupted").isTrue();
    assertThat(sql().agents().find(agent.id())).isPresent();
  }

  @Test
  void aRefusedChangeBecomesADeadLetterWithTheUnit() {
    JournalPosition previous = position();
    JournalPosition next = previous.advancedTo(2, now());
    StateKey good = StateKey.of(register(), "key");
    StateKey bad = StateKey.of(AgentId.random(), "key");
    var changes = List.of(put(good, at(1), "1"), put(bad, at(2), "2"));
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          ApplyResult result = unit.journals().apply(previous, next, changes);
                          assertThat(((ApplyResult.Applied) result).refused()).hasSize(1);
                          assertThat(unit.deadLetters().count()).isEqualTo(1);
                          assertThat(unit.states().find(good)).isPresent();
                          throw new IllegalStateException("roll back");
                        }))
        .hasMessage("roll back");
    assertThat(sql().deadLetters().count()).isZero();
    assertThat(sql().states().find(good)).isEmpty();
    assertThat(position()).isEqualTo(previous);
  }

  @Test
  void aTransactionWithinAnotherIsIndependentOfIt() {
    Agent outer = Agent.of("contract", "outer");
    Agent inner = Agent.of("contract", "inner");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          unit.agents().save(outer, AgentStore.NONE);
                          sql()
                              .inTransaction(
                                  OPTIONS, other -> other.agents().save(inner, AgentStore.NONE));
                          throw new IllegalStateException("of the outer one");
                        }))
        .hasMessage("of the outer one");
    assertThat(sql().agents().findAll(List.of(outer.id(), inner.id())))
        .containsOnlyKeys(inner.id());
  }

  @Test
  void aUnitIsRefusedAfterItsEnd() {
    AgentId agent = register();
    SqlUnit committed = sql().inTransaction(OPTIONS, unit -> unit);
    AgentStore kept = sql().inTransaction(OPTIONS, SqlUnit::agents);
    for (Runnable late :
        List.<Runnable>of(
            () -> committed.agents().find(agent),
            () -> committed.agents().delete(agent, AgentStore.ANY),
            () -> committed.nested(() -> 1),
            () -> kept.save(Agent.of("contract", "late"), AgentStore.NONE),
            () -> kept.saveAll(List.of(Agent.of("contract", "late"))))) {
      assertThatThrownBy(late::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("ended");
    }
    assertThat(sql().agents().find(agent)).isPresent();
  }

  @Test
  void aUnitBelongsToItsThread() {
    AgentId agent = register();
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              assertThat(beside(() -> catchThrowable(() -> unit.agents().delete(agent, 1))).join())
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessageContaining("thread");
              return unit.agents().find(agent).orElseThrow();
            });
    assertThat(sql().agents().find(agent)).isPresent();
  }

  @Test
  void nothingIsCommittedAfterTheDeadline() {
    Agent agent = Agent.of("contract", "one");
    Duration deadline = Duration.ofMillis(200);
    assertFails(
        DataError.TIMEOUT,
        () ->
            sql()
                .inTransaction(
                    OPTIONS.withDeadline(deadline),
                    unit -> {
                      long began = System.nanoTime();
                      unit.agents().save(agent, AgentStore.NONE);
                      while (System.nanoTime() - began < deadline.toNanos()) {
                        Thread.onSpinWait();
                      }
                      return "too late";
                    }));
    assertThat(sql().agents().find(agent.id())).isEmpty();
    sql()
        .inTransaction(
            OPTIONS.withDeadline(Duration.ofSeconds(20)),
            unit -> unit.agents().save(agent, AgentStore.NONE));
    assertThat(sql().agents().find(agent.id())).isPresent();
  }

  @Test
  void unitsOfClosedStoresAreRefused() {
    SqlStore before = sql();
    stores().close();
    assertFails(
        DataError.CLOSED,
        () ->
            before.inTransaction(
                OPTIONS,
                unit -> {
                  throw new AssertionError("the work ran on closed stores");
                }));
    assertFails(DataError.CLOSED, () -> before.read(OPTIONS, access -> access.states().count()));
  }
}
