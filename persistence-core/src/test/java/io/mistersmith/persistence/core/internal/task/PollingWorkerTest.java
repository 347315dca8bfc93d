package io.mistersmith.persistence.core.internal.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskWorker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A worker that is closed while ends wait to be recorded. */
class PollingWorkerTest {

  private final Services services = new Services(event -> {});
  private final CountDownLatch tried = new CountDownLatch(1);
  private final List<End> recorded = new CopyOnWriteArrayList<>();
  private final AtomicInteger claims = new AtomicInteger();

  /** A store with one task, which records no end at its first attempts. */
  private TaskStore store(int failures) {
    AtomicInteger left = new AtomicInteger(failures);
    Function<List<End>, Set<TaskLease>> ending =
        ends -> {
          tried.countDown();
          if (left.getAndDecrement() > 0) {
            throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "down");
          }
          recorded.addAll(ends);
          return EndWriterTest.leases(ends);
        };
    TaskStore ends = EndWriterTest.store(ending);
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (proxy, method, arguments) ->
                method.getName().equals("claim") && claims.getAndIncrement() == 0
                    ? List.of(EndWriterTest.lease())
                    : method.invoke(ends, arguments));
  }

  private PollingWorker start(TaskStore store) throws InterruptedException {
    PollingWorker worker =
        new PollingWorker(
            store,
            services,
            () -> {},
            TaskWorker.Options.of(TaskClaim.of("w1", "job"), 1),
            lease -> Map.of(),
            closed -> {});
    worker.start();
    assertThat(tried.await(60, TimeUnit.SECONDS)).isTrue();
    return worker;
  }

  @Test
  void itsCloseWaitsForEndsThatAreNotRecordedYet() throws InterruptedException {
    PollingWorker worker = start(store(4));
    assertThat(worker.close(Duration.ZERO)).isZero();
    assertThat(recorded).hasSize(1);
  }

  @Test
  void itsCloseCountsEndsThatCannotBeRecorded() throws InterruptedException {
    PollingWorker worker = start(store(Integer.MAX_VALUE));
    assertThat(worker.close(Duration.ZERO)).isEqualTo(1);
  }
}
