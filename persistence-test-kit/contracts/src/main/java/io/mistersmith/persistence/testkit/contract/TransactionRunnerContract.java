package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of what a transaction of the application reads, writes and refuses. */
public abstract class TransactionRunnerContract extends TransactionTests {

  /** For implementations. */
  protected TransactionRunnerContract() {}

  @Test
  void whatItDoesIsCommittedTogetherAndThenPublished() {
    Agent agent = Agent.of("contract", "two");
    LifecycleEvent event = event(agent);
    Revision revision =
        runner()
            .run(
                OPTIONS,
                tx -> {
                  Revision saved = tx.agents().save(agent).revision();
                  assertThat(tx.lifecycleEvents().record(event)).isTrue();
                  assertThat(tx.agents().find(agent.id())).isPresent();
                  assertThat(isRegistered(agent)).as("seen by others").isFalse();
                  return saved;
                });
    assertThat(persistence().agents().find(agent.id()).orElseThrow().revision())
        .isEqualTo(revision);
    assertThat(persistence().lifecycleEvents().list(agent.id(), 9)).contains(event);
  }

  @Test
  void anExceptionRollsAllBackAndIsThrownOn() {
    Agent agent = Agent.of("contract", "two");
    IllegalArgumentException own = new IllegalArgumentException("of the body");
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        OPTIONS,
                        tx -> {
                          tx.agents().save(agent);
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(isRegistered(agent)).isFalse();
  }

  @Test
  void aFailureThatIsCaughtAbortsAllTheSame() {
    Agent agent = Agent.of("contract", "two");
    assertFails(
        DataError.DUPLICATE_KEY,
        () ->
            runner()
                .execute(
                    OPTIONS,
                    tx -> {
                      tx.agents().save(agent);
                      assertFails(
                          DataError.DUPLICATE_KEY,
                          () -> tx.agents().save(agent, SaveOptions.ifAbsent()));
                    }));
    assertThat(isRegistered(agent)).isFalse();
  }

  @Test
  void validationsRefuseTogetherAndSeeTheTransaction() {
    Agent agent = Agent.of("contract", "two");
    AtomicInteger calls = new AtomicInteger();
    TransactionOptions options =
        OPTIONS.toBuilder()
            .validate(
                tx ->
                    tx.agents().find(agent.id()).isPresent()
                        ? Optional.of("it is registered")
                        : Optional.empty())
            .validate(
                tx -> {
                  calls.incrementAndGet();
                  return Optional.empty();
                })
            .validate(tx -> Optional.of("no budget"))
            .build();
    assertThatThrownBy(() -> runner().execute(options, tx -> tx.agents().save(agent)))
        .hasMessageContaining("it is registered; no budget")
        .satisfies(e -> Failures.assertIs(DataError.CONSTRAINT_VIOLATION, e));
    assertThat(calls).hasValue(1);
    assertThat(isRegistered(agent)).isFalse();
  }

  @Test
  void readOnlyTransactionRefusesWrites() {
    TransactionOptions options = OPTIONS.toBuilder().readOnly().build();
    assertThat(runner().<Boolean>run(options, tx -> tx.agents().find(agent()).isPresent()))
        .isTrue();
    assertThatThrownBy(
            () -> runner().execute(options, tx -> tx.agents().save(Agent.of("contract", "two"))))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void checkpointIsPartOfTheTransaction() {
    states().save(key("plan"), "by train");
    persistence().lifecycle().flush(agent(), SOON);
    TransactionOptions options = OPTIONS.toBuilder().isolation(Isolation.REPEATABLE_READ).build();
    Checkpoint made =
        runner().run(options, tx -> tx.checkpoints().create(agent(), CheckpointOptions.full()));
    assertThat(persistence().checkpoints().find(made.id())).contains(made);
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        options,
                        tx -> {
                          assertThat(tx.checkpoints().delete(made.id())).isTrue();
                          tx.checkpoints().restore(made.id(), SOON);
                        }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("restore writes to KV");
    assertThat(persistence().checkpoints().list(agent())).containsExactly(made);
  }

  @Test
  void checkpointInATransactionNeedsNoRevisionsOfOthersThatAreForgotten() {
    Persistence forgetful = open(config().knownRevisions(10).build());
    AgentId other = persistence().agents().save(Agent.of("contract", "two")).value().id();
    forgetful.states(Object.class).save(key("plan"), "by train");
    forgetful.lifecycle().flush(agent(), SOON);
    TransactionOptions options = OPTIONS.toBuilder().isolation(Isolation.REPEATABLE_READ).build();
    Checkpoint made =
        forgetful
            .transactions()
            .run(
                options,
                tx -> {
                  assertThat(tx.agents().find(agent())).as("the transaction has begun").isPresent();
                  for (int i = 0; i < 50; i++) {
                    forgetful.states(Object.class).save(StateKey.of(other, "plan" + i), "by ship");
                  }
                  return tx.checkpoints().create(agent(), CheckpointOptions.full());
                });
    assertThat(made.agent()).isEqualTo(agent());
  }

  @Test
  void checkpointInATransactionNeedsNothingOfOtherAgents() {
    Revision saved = states().save(key("plan"), "by train").revision();
    AgentId other = persistence().agents().save(Agent.of("contract", "two")).value().id();
    persistence().lifecycle().flush(agent(), SOON);
    TransactionOptions options = OPTIONS.toBuilder().isolation(Isolation.REPEATABLE_READ).build();
    Checkpoint made =
        runner()
            .run(
                options,
                tx -> {
                  assertThat(tx.agents().find(agent())).as("the transaction has begun").isPresent();
                  // PostgreSQL has this only after what the transaction sees of it.
                  states().save(StateKey.of(other, "plan"), "by ship");
                  return tx.checkpoints().create(agent(), CheckpointOptions.full());
                });
    assertThat(persistence().checkpoints().read(made.id(), Object.class).get(key("plan")))
        .extracting(Versioned::revision)
        .isEqualTo(saved);

    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        options,
                        tx -> {
                          assertThat(tx.agents().find(agent())).isPresent();
                          states().save(key("plan"), "on foot");
                          tx.checkpoints().create(agent(), CheckpointOptions.full());
                        }))
        .as("a write of its own that the transaction cannot see")
        .isInstanceOf(TransientPersistenceException.class)
        .extracting(failure -> ((PersistenceException) failure).error())
        .isEqualTo(DataError.CONSISTENCY_VIOLATION);
  }

  @Test
  void agentsSavedAreReadFromTheBucketSoonAfter() {
    Agent agent = Agent.of("contract", "two");
    Persistence other = open(config().build());
    runner().execute(OPTIONS, tx -> tx.agents().save(agent));
    Awaitility.await().atMost(SOON).until(() -> other.agents().find(agent.id()).isPresent());
  }

  @Test
  void transactionEndsWithItsBody() {
    AtomicReference<Transaction> kept = new AtomicReference<>();
    runner().execute(OPTIONS, kept::set);
    assertThatThrownBy(() -> Objects.requireNonNull(kept.get()).agents().find(agent()))
        .isInstanceOf(IllegalStateException.class);
  }

  private static LifecycleEvent event(Agent agent) {
    return LifecycleEvent.of(agent.id(), "promoted", Map.of("to", "lead"), Instant.now());
  }
}
