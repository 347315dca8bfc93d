package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertIs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** How units of work that write the same rows wait, and for how long. */
public abstract class SqlLockContract extends UnitContract {

  /** For implementations. */
  protected SqlLockContract() {}

  @Test
  void aWriterWaitsForTheRowUntilItsDeadline() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    SqlOptions hasty = SqlOptions.of("write beside it").withDeadline(Duration.ofMillis(300));
    CompletableFuture<Long> patient =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  unit.agents().save(agent, AgentStore.ANY);
                  assertIs(
                      DataError.TIMEOUT,
                      beside(
                              () ->
                                  sql()
                                      .inTransaction(
                                          hasty,
                                          other -> other.agents().save(agent, AgentStore.ANY)))
                          .orTimeout(10, TimeUnit.SECONDS)
                          .handle((saved, failure) -> failure)
                          .join());
                  CompletableFuture<Long> waiting = beside(() -> save(agent));
                  assertHeld(waiting);
                  return waiting;
                });
    assertThat(patient.orTimeout(10, TimeUnit.SECONDS).join())
        .as("written after the unit, on what it committed")
        .isEqualTo(3);
  }

  @Test
  void aLockThatIsNotGivenInTimeIsAConflict() {
    SqlStore impatient =
        open(config()
                .postgres(
                    config().build().postgres().toBuilder()
                        .role(
                            PostgresRole.PRIMARY, role -> role.lockTimeout(Duration.ofMillis(300)))
                        .build())
                .build())
            .sql();
    Agent agent = Agent.of("contract", "one");
    save(agent);
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              unit.agents().save(agent, AgentStore.ANY);
              assertFailsSoon(
                  DataError.TRANSACTION_CONFLICT,
                  () ->
                      impatient.inTransaction(
                          OPTIONS, other -> other.agents().save(agent, AgentStore.ANY)));
              return 1;
            });
  }

  @Test
  void aUnitWaitsForItsIdUntilItsDeadline() {
    SqlOptions holds = OPTIONS.withCorrelationId(TransactionTests.id());
    SqlOptions hasty = holds.withDeadline(Duration.ofMillis(300));
    sql()
        .inTransaction(
            holds,
            unit -> {
              assertFailsSoon(DataError.TIMEOUT, () -> sql().inTransaction(hasty, other -> 1));
              assertFailsSoon(DataError.TIMEOUT, () -> sql().isCommitted(hasty));
              return 1;
            });
    assertThat(sql().isCommitted(holds)).isTrue();
  }

  private static void assertFailsSoon(DataError error, Supplier<Object> call) {
    assertIs(
        error,
        beside(call).orTimeout(5, TimeUnit.SECONDS).handle((value, failure) -> failure).join());
  }

  @Test
  void anInterruptedWriterWaitsOnAndStaysInterrupted() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    CompletableFuture<Thread> writer = new CompletableFuture<>();
    CompletableFuture<Boolean> interrupted =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  unit.agents().save(agent, AgentStore.ANY);
                  CompletableFuture<Boolean> waiting =
                      beside(
                          () -> {
                            writer.complete(Thread.currentThread());
                            save(agent);
                            return Thread.currentThread().isInterrupted();
                          });
                  assertHeld(waiting);
                  writer.join().interrupt();
                  assertHeld(waiting);
                  return waiting;
                });
    assertThat(interrupted.orTimeout(10, TimeUnit.SECONDS).join()).isTrue();
    assertThat(sql().agents().find(agent.id()).orElseThrow().version()).isEqualTo(3);
  }

  @Test
  void anExpectedVersionIsComparedAfterTheWait() {
    Agent agent = Agent.of("contract", "one");
    save(agent);
    CompletableFuture<Throwable> late =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  unit.agents().save(agent, AgentStore.ANY);
                  CompletableFuture<Throwable> waiting =
                      beside(() -> catchThrowable(() -> sql().agents().save(agent, 1)));
                  assertHeld(waiting);
                  return waiting;
                });
    assertIs(DataError.VERSION_CONFLICT, late.orTimeout(10, TimeUnit.SECONDS).join());
  }

  @Test
  void oneOfTwoThatWaitForEachOtherIsRefused() throws Exception {
    Agent one = Agent.of("contract", "one");
    Agent two = Agent.of("contract", "two");
    save(one);
    save(two);
    CyclicBarrier barrier = new CyclicBarrier(2);
    List<Throwable> failures =
        Concurrently.run(
                2,
                i ->
                    () ->
                        Optional.ofNullable(
                            catchThrowable(
                                () ->
                                    sql()
                                        .inTransaction(
                                            OPTIONS,
                                            unit -> {
                                              Agent first = i == 0 ? one : two;
                                              unit.agents().save(first, AgentStore.ANY);
                                              meet(barrier);
                                              return unit.agents()
                                                  .save(i == 0 ? two : one, AgentStore.ANY);
                                            }))))
            .stream()
            .flatMap(Optional::stream)
            .toList();
    assertThat(failures).hasSize(1);
    assertIs(DataError.TRANSACTION_CONFLICT, failures.get(0));
    assertThat(sql().agents().find(one.id()).orElseThrow().version()).isEqualTo(2);
    assertThat(sql().agents().find(two.id()).orElseThrow().version()).isEqualTo(2);
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAgentThatAnOpenUnitRefersToIsNotDeleted() {
    AgentId agent = register();
    JournalPosition previous = position();
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              assertApplied(unit, previous, StateKey.of(agent, "key"));
              assertIs(
                  DataError.TIMEOUT,
                  beside(
                          () ->
                              sql()
                                  .inTransaction(
                                      SqlOptions.of("delete beside it")
                                          .withDeadline(Duration.ofMillis(300)),
                                      other -> other.agents().delete(agent, AgentStore.ANY)))
                      .orTimeout(10, TimeUnit.SECONDS)
                      .handle((deleted, failure) -> failure)
                      .join());
              return unit.states().count();
            });
    assertThat(sql().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(sql().states().find(StateKey.of(agent, "key"))).isEmpty();
  }
}
