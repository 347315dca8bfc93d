package io.mistersmith.persistence.testkit.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Transactions that wait for rows. */
class MemoryDatabaseTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final MemoryDatabase database = new MemoryDatabase();
  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void thoseThatWaitForTheSameRowDoNotWakeEachOther() {
    Transaction holder = database.begin(Isolation.READ_COMMITTED, false);
    long until = System.nanoTime() + LONG.toNanos();
    boolean held =
        database.run(
            holder,
            until,
            LONG,
            tables -> {
              tables.committed.lock("held");
              return true;
            });
    assertThat(held).isTrue();
    List<CompletableFuture<Integer>> waiting = List.of(waiter(), waiter());
    for (CompletableFuture<Integer> waiter : waiting) {
      assertThatThrownBy(() -> waiter.get(200, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
    }
    database.rollback(holder);
    waiting.forEach(waiter -> waiter.orTimeout(10, TimeUnit.SECONDS).join());
    assertThat(attempts.get()).as("attempts to take it").isBetween(4, 10);
  }

  private CompletableFuture<Integer> waiter() {
    return CompletableFuture.supplyAsync(
        () -> database.transact(new Patience(LONG, LONG), false, this::lock));
  }

  private int lock(Tables tables) {
    int attempt = attempts.incrementAndGet();
    tables.committed.lock("free before it"); // so that there is something to let go of
    tables.committed.lock("held");
    return attempt;
  }
}
