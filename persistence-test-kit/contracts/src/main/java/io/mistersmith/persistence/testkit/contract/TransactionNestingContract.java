package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionOptions.Nesting;
import io.mistersmith.persistence.transaction.TransactionRunner.Outcome;
import org.junit.jupiter.api.Test;

/** The contract of transactions of the application inside others, and of savepoints. */
public abstract class TransactionNestingContract extends TransactionTests {

  /** For implementations. */
  protected TransactionNestingContract() {}

  @Test
  void aSavepointKeepsTheRest() {
    Agent kept = Agent.of("contract", "two");
    Agent dropped = Agent.of("contract", "three");
    runner()
        .execute(
            OPTIONS,
            tx -> {
              tx.agents().save(kept);
              assertFails(
                  DataError.DUPLICATE_KEY,
                  () ->
                      tx.nested(
                          () -> {
                            tx.agents().save(dropped);
                            return tx.agents().save(kept, SaveOptions.ifAbsent());
                          }));
            });
    assertThat(isRegistered(kept)).isTrue();
    assertThat(isRegistered(dropped)).isFalse();
  }

  @Test
  void joinedOneIsPartOfTheOuterOne() {
    Agent first = Agent.of("contract", "two");
    Agent second = Agent.of("contract", "three");
    Agent third = Agent.of("contract", "four");
    TransactionOptions inner = OPTIONS.toBuilder().correlationId(id()).build();
    runner()
        .execute(
            OPTIONS,
            outer -> {
              outer.agents().save(first);
              runner().execute(inner, tx -> tx.agents().save(second));
              assertThat(outer.agents().find(second.id())).isPresent();
              assertThat(isRegistered(second)).as("committed alone").isFalse();
              assertThatThrownBy(() -> runner().execute(OPTIONS, tx -> failAfter(tx, third)))
                  .isInstanceOf(IllegalArgumentException.class);
            });
    assertThat(isRegistered(first)).isTrue();
    assertThat(isRegistered(second)).isTrue();
    assertThat(isRegistered(third)).isFalse();
    assertThat(runner().outcome(inner.correlationId().orElseThrow())).isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void joinedOneGoesWithTheOuterOne() {
    Agent agent = Agent.of("contract", "two");
    TransactionOptions inner = OPTIONS.toBuilder().correlationId(id()).build();
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        OPTIONS,
                        outer -> {
                          runner().execute(inner, tx -> tx.agents().save(agent));
                          throw new IllegalArgumentException("of the outer body");
                        }))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(isRegistered(agent)).isFalse();
    assertThat(runner().outcome(inner.correlationId().orElseThrow()))
        .isEqualTo(Outcome.NOT_COMMITTED);
  }

  private static void failAfter(Transaction tx, Agent agent) {
    tx.agents().save(agent);
    throw new IllegalArgumentException("of the inner body");
  }

  @Test
  void joinedOneHasItsIdAndEndsBeforeTheOuterOne() {
    TransactionOptions options = OPTIONS.toBuilder().correlationId(id()).build();
    TransactionOptions coordinated =
        TransactionOptions.builder(Boundary.DISTRIBUTED_SAGA, "a part").shared(false).build();
    String made =
        runner()
            .run(
                options,
                outer -> {
                  runner()
                      .execute(
                          options,
                          tx ->
                              assertThat(tx.correlationId())
                                  .as("the id of the outer one as well")
                                  .isEqualTo(options.correlationId()));
                  Transaction ended = runner().run(OPTIONS, tx -> tx);
                  assertThatThrownBy(ended::agents)
                      .isInstanceOf(IllegalStateException.class)
                      .hasMessageContaining("ended");
                  return runner().run(coordinated, tx -> tx.correlationId().orElseThrow());
                });
    assertThat(runner().outcome(made)).isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void joinedOneIsRefusedWhatTheOuterOneLacks() {
    TransactionOptions stronger = OPTIONS.toBuilder().isolation(Isolation.SERIALIZABLE).build();
    runner()
        .execute(
            OPTIONS,
            outer ->
                assertThatThrownBy(() -> runner().execute(stronger, tx -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("SERIALIZABLE"));
    runner()
        .execute(
            OPTIONS.toBuilder().readOnly().build(),
            outer ->
                assertThatThrownBy(() -> runner().execute(OPTIONS, tx -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("only reads"));
  }

  @Test
  void nestingCanBeRefusedOrIndependent() {
    Agent agent = Agent.of("contract", "two");
    TransactionOptions refusing = OPTIONS.toBuilder().nesting(Nesting.REFUSE).build();
    TransactionOptions independent = OPTIONS.toBuilder().nesting(Nesting.INDEPENDENT).build();
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        OPTIONS,
                        outer -> {
                          runner().execute(independent, tx -> tx.agents().save(agent));
                          runner().execute(refusing, tx -> {});
                        }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nesting rule");
    assertThat(isRegistered(agent)).as("committed alone").isTrue();
    runner().execute(refusing, tx -> {});
  }
}
