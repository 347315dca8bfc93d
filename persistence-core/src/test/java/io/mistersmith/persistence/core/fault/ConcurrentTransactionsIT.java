package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionOptions.Nesting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Transactions of the application that meet each other: in the rows, and in the pool. */
@Tag("fault")
class ConcurrentTransactionsIT {

  private final Accounts accounts = new Accounts();

  @AfterEach
  void close() {
    accounts.close();
  }

  @Test
  void transfersAtSerializableLeaveTheSumUnchanged() throws Exception {
    Persistence persistence = accounts.open(16);
    int transfers = Boolean.getBoolean("persistence.test.full") ? 10_000 : 320;
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger committed = new AtomicInteger();
    AtomicInteger gaveUp = new AtomicInteger();
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "transfer")
            .isolation(Isolation.SERIALIZABLE)
            .timeout(Duration.ofMinutes(1))
            .build();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < transfers; i++) {
        done.add(
            threads.submit(
                () -> {
                  int mine = attempts.get();
                  try {
                    persistence.transactions().execute(options, tx -> transfer(tx, attempts));
                    committed.incrementAndGet();
                  } catch (PersistenceException e) {
                    Accounts.assertIs(DataError.TRANSACTION_CONFLICT, true, e);
                    assertThat(e.getSuppressed()).isNotEmpty();
                    gaveUp.incrementAndGet();
                  }
                  return mine;
                }));
      }
      for (Future<?> each : done) {
        assertThat(each.get(10, TimeUnit.MINUTES)).isNotNull();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(committed.get() + gaveUp.get()).isEqualTo(transfers);
    assertThat(committed).hasValueGreaterThan(transfers / 2);
    assertThat(attempts).as("some had to be repeated").hasValueGreaterThan(transfers);
    assertThat(Accounts.sum(persistence)).isEqualTo((long) Accounts.COUNT * Accounts.BALANCE);
  }

  private static void transfer(Transaction tx, AtomicInteger attempts) {
    attempts.incrementAndGet();
    int from = ThreadLocalRandom.current().nextInt(Accounts.COUNT) + 1;
    int to = ThreadLocalRandom.current().nextInt(Accounts.COUNT) + 1;
    if (Accounts.balance(tx, from) > 0) {
      Accounts.add(tx, from, -1);
      Accounts.add(tx, to, 1);
    }
  }

  @Test
  void nestedCallsDoNotWaitForThemselvesOnAPoolOfOne() {
    Persistence persistence = accounts.open(1);
    TransactionOptions independent =
        Accounts.OPTIONS.toBuilder().nesting(Nesting.INDEPENDENT).build();
    long began = System.nanoTime();
    persistence
        .transactions()
        .execute(
            Accounts.OPTIONS,
            outer -> {
              Accounts.add(outer, 1, 5);
              persistence
                  .transactions()
                  .execute(Accounts.OPTIONS, inner -> Accounts.add(inner, 2, -5));
              assertThatThrownBy(() -> persistence.transactions().execute(independent, inner -> {}))
                  .satisfies(e -> Accounts.assertIs(DataError.MISCONFIGURED, false, e));
              assertThatThrownBy(() -> persistence.agents().save(Agent.of("a", "b")))
                  .satisfies(e -> Accounts.assertIs(DataError.MISCONFIGURED, false, e));
            });
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("no wait for acquireTimeout")
        .isLessThan(Duration.ofSeconds(20));
    assertThat(Accounts.balance(persistence, 1)).isEqualTo(Accounts.BALANCE + 5);
    assertThat(Accounts.balance(persistence, 2)).isEqualTo(Accounts.BALANCE - 5);
  }

  @Test
  void independentCallsOfAllThreadsDoNotWaitForEachOther() throws Exception {
    Persistence persistence = accounts.open(4);
    TransactionOptions independent =
        Accounts.OPTIONS.toBuilder().nesting(Nesting.INDEPENDENT).build();
    CyclicBarrier allInside = new CyclicBarrier(4);
    AtomicInteger firsts = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    long began = System.nanoTime();
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 1; i <= 4; i++) {
        int id = i;
        done.add(
            threads.submit(
                () ->
                    persistence
                        .transactions()
                        .execute(
                            Accounts.OPTIONS,
                            outer -> {
                              Accounts.add(outer, id, 1);
                              if (firsts.incrementAndGet() <= 4) {
                                await(allInside);
                              }
                              persistence
                                  .transactions()
                                  .execute(independent, inner -> Accounts.add(inner, id + 4, 1));
                            })));
      }
      for (Future<?> each : done) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isNull();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("no wait for acquireTimeout")
        .isLessThan(Duration.ofSeconds(25));
    for (int id = 1; id <= 4; id++) {
      assertThat(Accounts.balance(persistence, id)).isEqualTo(Accounts.BALANCE + 1);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("not all threads came", e);
    }
  }
}
