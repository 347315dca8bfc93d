package io.mistersmith.persistence.core.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.TaskLease;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Ends that a store refuses, or records only after a while. */
class EndWriterTest {

  private final Services services = new Services(event -> {});

  static TaskLease lease() {
    Task task =
        new Task(
            UUID.randomUUID(),
            NewTask.of("job", Map.of()),
            Task.Status.RUNNING,
            1,
            0,
            0,
            Instant.EPOCH,
            Optional.empty(),
            Optional.of(Instant.EPOCH),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return new TaskLease(task, 1, "w1", Duration.ofSeconds(30));
  }

  /** A store whose claims and renewals find nothing, and which ends tasks in this way. */
  static TaskStore store(Function<List<End>, Set<TaskLease>> ending) {
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "end" ->
                      ending.apply(
                          ((Collection<?>) arguments[0]).stream().map(End.class::cast).toList());
                  case "claim" -> List.of();
                  case "renew" -> Set.of();
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  static Set<TaskLease> leases(List<End> ends) {
    return ends.stream().map(End::lease).collect(Collectors.toSet());
  }

  private EndWriter writer(TaskStore store, List<Boolean> held) {
    return new EndWriter(store, services, () -> {}, "ends", (end, holds) -> held.add(holds));
  }

  @Test
  void anEndThatFailsEveryTimeHoldsUpNoOther() {
    TaskLease locked = lease();
    AtomicBoolean free = new AtomicBoolean();
    TaskStore store =
        store(
            ends -> {
              if (!free.get() && leases(ends).contains(locked)) {
                throw new TransientPersistenceException(DataError.TIMEOUT, "a row is locked");
              }
              return leases(ends);
            });
    List<Boolean> held = new CopyOnWriteArrayList<>();
    EndWriter writer = writer(store, held);
    writer.add(QueuedTasks.completed(locked, Map.of()));
    writer.add(QueuedTasks.completed(lease(), Map.of()));
    writer.start();
    await().atMost(Duration.ofSeconds(10)).until(() -> held.size() == 1);
    writer.add(QueuedTasks.completed(lease(), Map.of()));
    await().atMost(Duration.ofSeconds(10)).until(() -> held.size() == 2);
    free.set(true);
    await().atMost(Duration.ofSeconds(10)).until(() -> held.size() == 3);
    writer.close(Duration.ofSeconds(5));
    assertThat(held).containsOnly(true);
  }

  @Test
  void anEndIsKeptThroughAFailureThatPassesWhileOthersAreRefused() {
    TaskLease refused = lease();
    TaskLease good = lease();
    AtomicInteger failures = new AtomicInteger(2);
    List<End> recorded = new CopyOnWriteArrayList<>();
    TaskStore store =
        store(
            ends -> {
              if (ends.stream()
                  .anyMatch(end -> end.lease().equals(refused) && end instanceof End.Completed)) {
                throw new NonTransientPersistenceException(DataError.CONSTRAINT_VIOLATION, "no");
              }
              if (leases(ends).contains(good) && failures.getAndDecrement() > 0) {
                throw new TransientPersistenceException(DataError.CONNECTION_FAILED, "down");
              }
              recorded.addAll(ends);
              return leases(ends);
            });
    List<Boolean> held = new CopyOnWriteArrayList<>();
    EndWriter writer = writer(store, held);
    writer.add(QueuedTasks.completed(refused, Map.of()));
    writer.add(QueuedTasks.completed(good, Map.of("n", 1)));
    writer.start();
    await().atMost(Duration.ofSeconds(60)).until(() -> held.size() == 2);
    writer.close(Duration.ofSeconds(5));
    assertThat(held).containsExactly(true, true);
    assertThat(recorded)
        .hasSize(2)
        .anySatisfy(end -> assertThat(end).isInstanceOf(End.Failed.class))
        .contains(QueuedTasks.completed(good, Map.of("n", 1)));
  }
}
