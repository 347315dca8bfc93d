package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionRunner.Outcome;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The contract of how transactions of the application are retried, and of their outcomes. */
public abstract class TransactionOutcomeContract extends TransactionTests {

  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected TransactionOutcomeContract() {}

  @Test
  void conflictIsRepeatedUntilItPasses() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    ExecutorService beside = Executors.newSingleThreadExecutor();
    try {
      TransactionOptions options = OPTIONS.toBuilder().isolation(Isolation.REPEATABLE_READ).build();
      String name =
          runner()
              .run(
                  options,
                  tx -> {
                    Agent found = tx.agents().find(agent()).orElseThrow().value();
                    if (attempts.incrementAndGet() < 3) {
                      overtake(beside, found.withStatus(Agent.Status.IDLE));
                    }
                    return tx.agents().save(found.withStatus(Agent.Status.ACTIVE)).value().name();
                  });
      assertThat(name).isEqualTo("one");
    } finally {
      beside.shutdownNow();
    }
    assertThat(attempts).hasValue(3);
    assertThat(persistence().agents().find(agent()).orElseThrow().value().status())
        .isEqualTo(Agent.Status.ACTIVE);
  }

  @Test
  void attemptsThatFailedAreSuppressedOnTheLast() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    IllegalArgumentException own = new IllegalArgumentException("gives up");
    ExecutorService beside = Executors.newSingleThreadExecutor();
    try {
      TransactionOptions options = OPTIONS.toBuilder().isolation(Isolation.REPEATABLE_READ).build();
      assertThatThrownBy(
              () ->
                  runner()
                      .execute(
                          options,
                          tx -> {
                            Agent found = tx.agents().find(agent()).orElseThrow().value();
                            if (attempts.incrementAndGet() == 4) {
                              throw own;
                            }
                            overtake(beside, found.withStatus(Agent.Status.IDLE));
                            tx.agents().save(found);
                          }))
          .isSameAs(own);
    } finally {
      beside.shutdownNow();
    }
    assertThat(own.getSuppressed())
        .hasSize(3)
        .allSatisfy(e -> Failures.assertIs(DataError.TRANSACTION_CONFLICT, e));
  }

  private void overtake(ExecutorService beside, Agent change) {
    try {
      assertThat(beside.submit(() -> persistence().agents().save(change)).get(60, TimeUnit.SECONDS))
          .isNotNull();
    } catch (Exception e) {
      throw new AssertionError("the other writer failed", e);
    }
  }

  @Test
  void timeoutEndsTheAttempts() {
    Persistence runtime = open(config().build(), faults);
    faults.on(Call.TRANSACTION).loseNextRequests(1000);
    assertThatThrownBy(
            () ->
                runtime
                    .transactions()
                    .execute(
                        OPTIONS.toBuilder().timeout(Duration.ofMillis(500)).build(),
                        tx -> tx.agents().save(Agent.of("contract", "two"))))
        .isInstanceOf(TransientPersistenceException.class)
        .satisfies(e -> Failures.assertIs(DataError.CONNECTION_FAILED, e))
        .satisfies(e -> assertThat(e.getSuppressed()).hasSizeBetween(1, 2));
  }

  @Test
  void connectionThatFailsBeforeTheCommitIsTriedAgain() {
    Persistence runtime = open(config().build(), faults);
    AtomicInteger attempts = new AtomicInteger();
    faults.on(Call.SQL_WRITE).loseNextRequests(1);
    Agent agent = Agent.of("contract", "two");
    runtime
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              attempts.incrementAndGet();
              tx.agents().save(agent);
            });
    assertThat(attempts).hasValue(2);
    assertThat(isRegistered(agent)).isTrue();
  }

  @Test
  void lostCommitIsFoundOutByItsId() {
    Persistence runtime = open(config().build(), faults);
    AtomicInteger attempts = new AtomicInteger();
    faults.on(Call.TRANSACTION).loseNextAcknowledgements(1);
    Agent agent = Agent.of("contract", "two");
    TransactionOptions options = OPTIONS.toBuilder().correlationId(id()).build();
    Revision revision =
        runtime
            .transactions()
            .run(
                options,
                tx -> {
                  attempts.incrementAndGet();
                  return tx.agents().save(agent).revision();
                });
    assertThat(revision).as("saved once").isEqualTo(Revision.parse("v1"));
    assertThat(attempts).hasValue(1);
    assertThat(isRegistered(agent)).isTrue();
  }

  @Test
  void lostCommitIsUnknownWithoutAnIdAndIsNotRepeated() {
    Persistence runtime = open(config().build(), faults);
    AtomicInteger attempts = new AtomicInteger();
    faults.on(Call.TRANSACTION).loseNextAcknowledgements(1);
    assertFails(
        DataError.OUTCOME_UNKNOWN,
        () -> runtime.transactions().execute(OPTIONS, tx -> attempts.incrementAndGet()));
    assertThat(attempts).hasValue(1);
  }

  @Test
  void lostCommitOfACoordinatedOneIsFoundOutByAnIdOfItsOwn() {
    Persistence runtime = open(config().build(), faults);
    faults.on(Call.TRANSACTION).loseNextAcknowledgements(1);
    AtomicReference<String> id = new AtomicReference<>();
    TransactionOptions options = TransactionOptions.of(Boundary.CROSS_SYSTEM, "both systems");
    runtime.transactions().execute(options, tx -> id.set(tx.correlationId().orElseThrow()));
    assertThat(runner().outcome(Objects.requireNonNull(id.get()))).isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void unknownOutcomeOfTheBodyIsThrownOnAndNotRepeated() {
    TransientPersistenceException own =
        new TransientPersistenceException(DataError.OUTCOME_UNKNOWN, "a write to KV was lost");
    TransactionOptions options = OPTIONS.toBuilder().correlationId(id()).build();
    AtomicInteger attempts = new AtomicInteger();
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        options,
                        tx -> {
                          attempts.incrementAndGet();
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(attempts).hasValue(1);
    assertThat(runner().outcome(options.correlationId().orElseThrow()))
        .isEqualTo(Outcome.NOT_COMMITTED);
  }

  @Test
  void outcomeThatCannotBeAskedForIsFoundLater() {
    Persistence runtime = open(config().build(), faults);
    TransactionOptions options =
        OPTIONS.toBuilder().correlationId(id()).timeout(Duration.ofMillis(400)).build();
    Agent agent = Agent.of("contract", "two");
    faults.on(Call.TRANSACTION).loseNextAcknowledgements(1);
    faults.on(Call.SQL_READ).loseNextRequests(1000);
    assertFails(
        DataError.OUTCOME_UNKNOWN,
        () -> runtime.transactions().execute(options, tx -> tx.agents().save(agent)));
    faults.clear();
    String id = options.correlationId().orElseThrow();
    assertThat(runtime.transactions().outcome(id)).isEqualTo(Outcome.COMMITTED);
    assertThat(isRegistered(agent)).isTrue();
  }

  @Test
  void outcomeSaysWhatBecameOfIt() {
    TransactionOptions rolledBack = OPTIONS.toBuilder().correlationId(id()).build();
    assertThatThrownBy(
            () ->
                runner()
                    .execute(
                        rolledBack,
                        tx -> {
                          throw new IllegalArgumentException("of the body");
                        }))
        .isInstanceOf(IllegalArgumentException.class);
    String id = rolledBack.correlationId().orElseThrow();
    assertThat(runner().outcome(id)).isEqualTo(Outcome.NOT_COMMITTED);
    assertThat(runner().outcome(id)).as("asking leaves nothing").isEqualTo(Outcome.NOT_COMMITTED);
    runner().execute(rolledBack, tx -> assertThat(tx.correlationId()).contains(id));
    assertThat(runner().outcome(id)).isEqualTo(Outcome.COMMITTED);
  }

  @Test
  void idIsCommittedOnce() {
    Agent agent = Agent.of("contract", "two");
    TransactionOptions options = OPTIONS.toBuilder().correlationId(id()).build();
    runner().execute(options, tx -> tx.agents().find(agent()));
    assertThatThrownBy(() -> runner().execute(options, tx -> tx.agents().save(agent)))
        .hasMessageContaining(options.correlationId().orElseThrow())
        .satisfies(e -> Failures.assertIs(DataError.DUPLICATE_KEY, e));
    assertThat(isRegistered(agent)).isFalse();
  }

  @Test
  void outcomeWaitsForATransactionUnderWay() throws Exception {
    TransactionOptions options = OPTIONS.toBuilder().correlationId(id()).build();
    String id = options.correlationId().orElseThrow();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<?> running =
          threads.submit(
              () ->
                  runner()
                      .execute(
                          options,
                          tx -> {
                            inside.countDown();
                            awaitQuietly(asked);
                          }));
      assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
      Future<Outcome> outcome = threads.submit(() -> runner().outcome(id));
      assertThatThrownBy(() -> outcome.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      asked.countDown();
      assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(Outcome.COMMITTED);
      assertThat(running.get(60, TimeUnit.SECONDS)).isNull();
    } finally {
      threads.shutdownNow();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
