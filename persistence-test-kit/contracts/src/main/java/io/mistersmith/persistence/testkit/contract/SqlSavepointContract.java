package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The effect of a failed call on its unit of work, and how a savepoint limits it. */
public abstract class SqlSavepointContract extends UnitContract {

  /** For implementations. */
  protected SqlSavepointContract() {}

  @Test
  void aFailedCallAbortsTheUnitUntilItsEnd() {
    Agent agent = Agent.of("contract", "one");
    AgentId other = register();
    assertFails(
        DataError.VERSION_CONFLICT,
        () ->
            sql()
                .inTransaction(
                    OPTIONS,
                    unit -> {
                      unit.agents().save(agent, AgentStore.NONE);
                      assertFails(
                          DataError.VERSION_CONFLICT, () -> unit.agents().delete(other, 17));
                      assertFails(DataError.VERSION_CONFLICT, () -> unit.agents().find(agent.id()));
                      assertFails(DataError.VERSION_CONFLICT, () -> unit.nested(() -> "never run"));
                      return "the failure was caught, but not rolled back";
                    }));
    assertThat(sql().agents().find(agent.id())).isEmpty();
    assertThat(sql().agents().find(other)).isPresent();
  }

  @Test
  void everyKindOfFailedCallAbortsTheUnit() {
    AgentId nobody = AgentId.random();
    assertAborts(
        DataError.CONSTRAINT_VIOLATION,
        unit -> unit.lifecycleEvents().record(LifecycleEvent.of(nobody, "x", Map.of(), now())));
    assertAborts(DataError.NOT_FOUND, unit -> unit.deadLetters().replay(nobody.uuid()));
    Agent orphan = Agent.of("contract", "two").withParent(nobody);
    assertAborts(DataError.CONSTRAINT_VIOLATION, unit -> unit.agents().save(orphan, -1));
  }

  private void assertAborts(DataError error, Consumer<SqlUnit> call) {
    Agent agent = Agent.of("contract", "one");
    assertFails(
        error,
        () ->
            sql()
                .inTransaction(
                    OPTIONS,
                    unit -> {
                      unit.agents().save(agent, AgentStore.NONE);
                      assertFails(error, () -> call.accept(unit));
                      assertFails(error, () -> unit.states().count());
                      return 1;
                    }));
    assertThat(sql().agents().find(agent.id())).isEmpty();
  }

  @Test
  void aNestedBlockThatThrowsIsRolledBackAlone() {
    Agent before = Agent.of("contract", "before");
    Agent within = Agent.of("contract", "within");
    Agent after = Agent.of("contract", "after");
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              unit.agents().save(before, AgentStore.NONE);
              assertFails(
                  DataError.DUPLICATE_KEY,
                  () ->
                      unit.nested(
                          () -> {
                            unit.agents().save(within, AgentStore.NONE);
                            return unit.agents().save(before, AgentStore.NONE);
                          }));
              assertThat(unit.agents().find(within.id())).isEmpty();
              assertThat(unit.agents().find(before.id())).isPresent();
              return unit.nested(() -> unit.agents().save(after, AgentStore.NONE));
            });
    assertThat(sql().agents().findAll(List.of(before.id(), within.id(), after.id())))
        .containsOnlyKeys(before.id(), after.id());
  }

  @Test
  void blocksAreNestedInBlocks() {
    Agent outer = Agent.of("contract", "outer");
    Agent inner = Agent.of("contract", "inner");
    Agent last = Agent.of("contract", "last");
    IllegalStateException own = new IllegalStateException("of the inner block");
    sql()
        .inTransaction(
            OPTIONS,
            unit ->
                unit.nested(
                    () -> {
                      unit.agents().save(outer, AgentStore.NONE);
                      assertThatThrownBy(
                              () ->
                                  unit.nested(
                                      () -> {
                                        unit.agents().save(inner, AgentStore.NONE);
                                        throw own;
                                      }))
                          .isSameAs(own);
                      return unit.agents().save(last, AgentStore.NONE);
                    }));
    assertThat(sql().agents().findAll(List.of(outer.id(), inner.id(), last.id())))
        .containsOnlyKeys(outer.id(), last.id());
  }

  @Test
  void aNestedBlockThatHidesAFailureFailsItself() {
    Agent agent = Agent.of("contract", "one");
    AgentId other = register();
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              assertFails(
                  DataError.VERSION_CONFLICT,
                  () ->
                      unit.nested(
                          () -> {
                            unit.agents().save(agent, AgentStore.NONE);
                            assertFails(
                                DataError.VERSION_CONFLICT, () -> unit.agents().delete(other, 17));
                            return "hidden";
                          }));
              assertThat(unit.agents().find(agent.id())).isEmpty();
              return unit.agents().find(other).orElseThrow();
            });
    assertThat(sql().agents().find(agent.id())).isEmpty();
  }

  @Test
  void whatIsRolledBackHoldsNoRow() {
    AgentId agent = register();
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              assertThatThrownBy(
                      () ->
                          unit.nested(
                              () -> {
                                assertThat(unit.agents().delete(agent, 1)).isTrue();
                                throw new IllegalStateException("of the block");
                              }))
                  .hasMessage("of the block");
              assertThat(beside(() -> sql().agents().delete(agent, 1)))
                  .as("deleted by another while the unit is open")
                  .succeedsWithin(10, TimeUnit.SECONDS)
                  .isEqualTo(true);
              return unit.states().count();
            });
  }

  @Test
  void aBulkCallGoesOnWithTheOthersInAUnitToo() {
    Agent one = Agent.of("contract", "one");
    Agent orphan = Agent.of("contract", "orphan").withParent(AgentId.random());
    Agent two = Agent.of("contract", "two");
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              assertThat(unit.agents().saveAll(List.of(one, orphan, two)).values())
                  .extracting(DataResult::isSuccess)
                  .containsExactly(true, false, true);
              assertThat(unit.agents().deleteAll(List.of(one.id())).values())
                  .extracting(DataResult::orElseThrow)
                  .containsExactly(1L);
              return unit.agents().find(two.id()).orElseThrow();
            });
    assertThat(sql().agents().findAll(List.of(one.id(), orphan.id(), two.id())))
        .containsOnlyKeys(two.id());
  }

  @Test
  void aFailureNamesTheUnit() {
    SqlOptions named = SqlOptions.of("promote agent 7");
    Throwable thrown =
        catchThrowable(
            () ->
                sql()
                    .inTransaction(
                        named,
                        unit ->
                            catchThrowable(() -> unit.deadLetters().replay(UUID.randomUUID()))));
    assertThat(thrown)
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("promote agent 7")
        .hasCauseInstanceOf(PersistenceException.class);
  }
}
