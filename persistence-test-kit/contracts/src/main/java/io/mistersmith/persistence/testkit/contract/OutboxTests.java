package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The common part of the contracts about the outbox. */
abstract class OutboxTests extends UnitContract {

  static final Portion ALL = new Portion(1_000, 1 << 24, 1 << 20);

  final OutboxStore outbox() {
    return sql().outbox();
  }

  /** Enqueues a task, which is a change. */
  static UUID add(SqlAccess access) {
    return access
        .tasks()
        .enqueue(List.of(new Added(UUID.randomUUID(), NewTask.of("job", Map.of()))))
        .get(0);
  }

  final Batch next() {
    return outbox().next().orElseThrow(() -> new AssertionError("nothing is new"));
  }

  /** All changes of a batch. */
  final List<OutboxChange> read(Batch batch) {
    List<OutboxChange> changes = new ArrayList<>();
    List<OutboxChange> more;
    do {
      long after = changes.isEmpty() ? 0 : changes.get(changes.size() - 1).id();
      more = outbox().read(batch, after, ALL);
      changes.addAll(more);
    } while (!more.isEmpty());
    return changes;
  }

  /** Reads a batch and says that it is done. */
  final List<OutboxChange> finish(Batch batch) {
    List<OutboxChange> changes = read(batch);
    assertThat(outbox().done(batch, Map.of())).as("done with batch %s", batch).isTrue();
    return changes;
  }

  /** Reads everything that is committed, and says that it is done. */
  final List<OutboxChange> drain() {
    List<OutboxChange> changes = new ArrayList<>();
    for (Optional<Batch> batch = outbox().next(); batch.isPresent(); batch = outbox().next()) {
      changes.addAll(finish(batch.get()));
    }
    return changes;
  }

  static List<UUID> subjects(List<OutboxChange> changes) {
    return changes.stream().map(change -> change.subject().orElseThrow()).toList();
  }

  /** The payload without its white space and time. */
  static String payload(OutboxChange change) {
    return compact(change.payload().orElseThrow().getBytes(UTF_8))
        .replaceAll("\"timestamp\":[0-9.]+", "\"timestamp\":T");
  }

  /** A transaction of another session, which stays open after its work until the test ends it. */
  final class Open {

    private final CountDownLatch worked = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final CompletableFuture<Void> ended;
    private volatile boolean rollback;

    Open(Consumer<SqlUnit> work) {
      ended =
          OwnThread.run(
              () ->
                  sql()
                      .inTransaction(
                          OPTIONS.withIdleLimit(Duration.ofMinutes(2)),
                          unit -> {
                            work.accept(unit);
                            worked.countDown();
                            await(end);
                            if (rollback) {
                              throw new IllegalStateException("rolled back");
                            }
                            return unit;
                          }));
      await(worked);
    }

    void commit() {
      end.countDown();
      ended.orTimeout(60, TimeUnit.SECONDS).join();
    }

    void rollBack() {
      rollback = true;
      end.countDown();
      assertThat(ended.handle((none, e) -> e).orTimeout(60, TimeUnit.SECONDS).join())
          .hasRootCauseMessage("rolled back");
    }

    private static void await(CountDownLatch latch) {
      try {
        assertThat(latch.await(120, TimeUnit.SECONDS)).as("in time").isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
