package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of the queue of tasks, its part in transactions, and its workers. */
public abstract class TasksContract extends PersistenceContract {

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "try tasks");

  /** For implementations. */
  protected TasksContract() {}

  private Tasks tasks() {
    return persistence().tasks();
  }

  private static NewTask job(int n) {
    return NewTask.of("job", Map.of("n", n));
  }

  private static TaskClaim claim() {
    return TaskClaim.of("contract", "job").withLimit(10);
  }

  private TaskWorker worker(Persistence runtime, int concurrency, TaskWorker.Handler handler) {
    TaskWorker.Options options =
        TaskWorker.Options.of(claim(), concurrency).withPoll(Duration.ofMillis(100));
    return runtime.tasks().startWorker(options, handler);
  }

  private Status status(UUID task) {
    return tasks().find(task).orElseThrow().status();
  }

  private void awaitStatus(UUID task, Status status) {
    Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(status(task)).isEqualTo(status));
  }

  @Test
  void aMapIsReadBackInItsCanonicalForm() {
    UUID id =
        tasks().enqueue(NewTask.of("job", Map.of("n", 1L, "f", 1.0f, "t", Duration.ofMinutes(1))));
    assertThat(tasks().find(id).orElseThrow().payload())
        .isEqualTo(Map.of("n", 1, "f", 1.0, "t", "PT1M"));
    TaskLease lease = tasks().claim(claim()).get(0);
    assertFails(
        DataError.SERIALIZATION_ERROR, () -> tasks().complete(lease, Map.of("nul", "a\0b")));
    tasks().complete(lease, Map.of("n", 2L));
    assertThat(tasks().find(id).orElseThrow().result()).contains(Map.of("n", 2));
  }

  @Test
  void aFormerOwnerIsRefused() {
    UUID id = tasks().enqueue(job(1));
    TaskLease lease = tasks().claim(claim()).get(0);
    assertThat(tasks().renew(lease)).isTrue();
    assertThat(tasks().cancel(id, "enough")).isTrue();
    assertFails(DataError.LEASE_LOST, () -> tasks().complete(lease, Map.of()));
    assertFails(DataError.LEASE_LOST, () -> tasks().fail(lease, "x"));
    assertFails(DataError.LEASE_LOST, () -> tasks().failForGood(lease, "x"));
    assertThat(tasks().renew(lease)).isFalse();
  }

  @Test
  void aTaskOfADeadOwnerIsTakenOver() {
    UUID id = tasks().enqueue(job(1));
    TaskLease lease = tasks().claim(claim().withLease(Duration.ofMillis(300))).get(0);
    elapse(Duration.ofMillis(400));
    awaitStatus(id, Status.QUEUED);
    assertFails(DataError.LEASE_LOST, () -> tasks().complete(lease, Map.of()));
    tasks().complete(tasks().claim(claim()).get(0), Map.of());
    assertThat(tasks().executions(id)).hasSize(2);
  }

  @Test
  void itJoinsTheCallersTransaction() {
    UUID done = tasks().enqueue(job(1));
    TaskLease lease = tasks().claim(claim()).get(0);
    UUID next =
        persistence()
            .transactions()
            .run(
                OPTIONS,
                tx -> {
                  tx.tasks().complete(lease, Map.of());
                  UUID enqueued = tx.tasks().enqueue(job(2));
                  assertThat(tasks().find(enqueued)).as("seen by others").isEmpty();
                  assertThat(status(done)).isEqualTo(Status.RUNNING);
                  return enqueued;
                });
    assertThat(status(done)).isEqualTo(Status.COMPLETED);
    assertThat(status(next)).isEqualTo(Status.QUEUED);
    IllegalStateException own = new IllegalStateException("of the body");
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          tx.tasks().enqueue(job(3));
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(tasks().find(TaskQuery.all())).hasSize(2);
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx ->
                            tx.tasks()
                                .startWorker(TaskWorker.Options.of(claim(), 1), task -> Map.of())))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aHandlerEndsItsTaskInATransactionOfItsOwn() throws Exception {
    CountDownLatch committed = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger interrupted = new AtomicInteger();
    Duration lease = Duration.ofMillis(300);
    TaskWorker.Handler handler =
        task -> {
          try {
            persistence()
                .transactions()
                .execute(
                    OPTIONS,
                    tx -> {
                      tx.tasks().complete(task, Map.of("by", "handler"));
                      // Longer than the lease, so that it is renewed meanwhile.
                      elapse(lease.multipliedBy(2));
                    });
            committed.countDown();
            assertThat(go.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
          }
          throw new IllegalStateException("after its end");
        };
    UUID id = tasks().enqueue(job(1));
    TaskWorker.Options options = TaskWorker.Options.of(claim().withLease(lease), 1);
    try (TaskWorker worker = tasks().startWorker(options, handler)) {
      assertThat(committed.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      elapse(lease);
      go.countDown();
      Awaitility.await().atMost(SOON).until(() -> worker.running() == 0);
    }
    assertThat(interrupted.get()).isZero();
    assertThat(tasks().find(id).orElseThrow().result()).contains(Map.of("by", "handler"));
    assertThat(tasks().executions(id)).hasSize(1);
  }

  @Test
  void aWorkerIsWokenByTheEndOfWhatItsTasksWaitFor() {
    TaskWorker.Options patient =
        TaskWorker.Options.of(TaskClaim.of("contract", "then"), 1).withPoll(Duration.ofMinutes(10));
    Persistence other = open(config().build());
    UUID first = tasks().enqueue(job(1));
    UUID second = tasks().enqueue(job(2));
    UUID third = tasks().enqueue(job(3));
    NewTask then = NewTask.of("then", Map.of());
    UUID last = tasks().enqueue(then.after(first).after(second, Dependency.START));
    UUID cancelled = tasks().enqueue(then.after(third, Dependency.RESOURCE));
    try (TaskWorker woken = other.tasks().startWorker(patient, task -> Map.of());
        TaskWorker worker = worker(persistence(), 2, task -> Map.of())) {
      awaitStatus(last, Status.COMPLETED);
      worker.close(SOON);
      UUID fourth = tasks().enqueue(job(4));
      UUID waiting = tasks().enqueue(then.after(fourth, Dependency.RESOURCE));
      assertThat(tasks().cancel(fourth, "not needed")).isTrue();
      awaitStatus(waiting, Status.COMPLETED);
      awaitStatus(cancelled, Status.COMPLETED);
      assertThat(woken.running()).isZero();
    }
  }

  @Test
  void workersRunEveryTaskOnceAndKeepTheirBounds() {
    AtomicInteger under = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Map<UUID, Integer> runs = new ConcurrentHashMap<>();
    TaskWorker.Handler handler =
        lease -> {
          most.accumulateAndGet(under.incrementAndGet(), Math::max);
          runs.merge(lease.task().id(), 1, Integer::sum);
          under.decrementAndGet();
          return Map.of("n", lease.task().payload().get("n"));
        };
    List<NewTask> many = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      many.add(job(i));
    }
    List<UUID> ids = tasks().enqueueAll(many);
    Persistence other = open(config().build());
    try (TaskWorker one = worker(persistence(), 3, handler);
        TaskWorker two = worker(other, 3, handler)) {
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  tasks().find(TaskQuery.all().withStatus(Status.COMPLETED)).size() == ids.size());
      assertThat(one.running() + two.running()).isZero();
    }
    assertThat(runs).hasSize(60).containsOnlyKeys(ids);
    assertThat(Set.copyOf(runs.values())).containsExactly(1);
    assertThat(most.get()).isBetween(1, 6);
    assertThat(tasks().find(ids.get(7)).orElseThrow().result()).contains(Map.of("n", 7));
  }

  @Test
  void aWorkerFailsATaskWhoseHandlerThrows() {
    UUID id = tasks().enqueue(job(1).withMaxRetries(0));
    UUID bad = tasks().enqueue(job(2).withMaxRetries(0));
    try (TaskWorker worker =
        worker(
            persistence(),
            2,
            lease -> {
              if (lease.task().id().equals(bad)) {
                return Map.of("result", "a\0b");
              }
              throw new IllegalStateException("no luck");
            })) {
      awaitStatus(id, Status.FAILED);
      awaitStatus(bad, Status.FAILED);
      assertThat(worker.running()).isZero();
    }
    Optional<String> error = tasks().find(id).flatMap(Task::error);
    assertThat(error.orElseThrow()).contains("IllegalStateException: no luck");
  }

  @Test
  void aWorkerIsWokenByAnEnqueueAndDrainsWhenItIsClosed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    TaskWorker.Options patient = TaskWorker.Options.of(claim(), 1).withPoll(Duration.ofMinutes(10));
    TaskWorker worker =
        tasks()
            .startWorker(
                patient,
                lease -> {
                  begun.countDown();
                  assertThat(go.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
                  return Map.of();
                });
    UUID first = tasks().enqueue(job(1));
    assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).as("woken").isTrue();
    UUID second = tasks().enqueue(job(2));
    AtomicInteger left = new AtomicInteger(-1);
    Thread closing = new Thread(() -> left.set(worker.close(SOON)), "closing");
    closing.start();
    Awaitility.await().atMost(SOON).until(() -> closing.getState() == Thread.State.TIMED_WAITING);
    go.countDown();
    closing.join(SOON.toMillis());
    assertThat(left.get()).isZero();
    assertThat(status(first)).isEqualTo(Status.COMPLETED);
    assertThat(status(second)).as("not begun").isEqualTo(Status.QUEUED);
  }

  @Test
  void aTaskThatDoesNotEndIsInterruptedWhenTheWorkerIsClosed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    TaskWorker worker =
        worker(
            persistence(),
            1,
            lease -> {
              begun.countDown();
              new CountDownLatch(1).await();
              return Map.of();
            });
    UUID id = tasks().enqueue(job(1).withMaxRetries(0));
    assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(worker.close(Duration.ofMillis(50))).isEqualTo(1);
    awaitStatus(id, Status.FAILED);
  }

  @Test
  void anExceptionWithoutAMessageThatCanBeReadFailsTheAttempt() {
    UUID id = tasks().enqueue(job(1).withMaxRetries(0));
    TaskWorker worker =
        worker(
            persistence(),
            1,
            lease -> {
              throw new IllegalStateException() {
                @Override
                public String getMessage() {
                  throw new UnsupportedOperationException("no message");
                }
              };
            });
    try {
      awaitStatus(id, Status.FAILED);
    } finally {
      worker.close(Duration.ofSeconds(5));
    }
  }
}
