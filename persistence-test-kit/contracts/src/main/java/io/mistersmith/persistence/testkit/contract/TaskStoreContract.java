package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.Task.Priority;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The contract of a queue of tasks: what is enqueued, claimed and ended. */
public abstract class TaskStoreContract extends DurableContract {

  static final Duration SHORT = Duration.ofMillis(150);

  /** For implementations. */
  protected TaskStoreContract() {}

  final TaskStore tasks() {
    return stores().sql().tasks();
  }

  final UUID add(NewTask task) {
    return tasks().enqueue(List.of(new Added(UUID.randomUUID(), task))).get(0);
  }

  static NewTask job() {
    return NewTask.of("job", Map.of("n", 1));
  }

  static TaskClaim claimOf(int limit) {
    return TaskClaim.of("w1", "job").withLimit(limit);
  }

  final TaskLease claim() {
    List<TaskLease> claimed = tasks().claim(claimOf(1));
    assertThat(claimed).as("claimed").hasSize(1);
    return claimed.get(0);
  }

  final Task find(UUID task) {
    return tasks().find(task).orElseThrow();
  }

  final boolean complete(TaskLease lease) {
    return !tasks().end(List.of(new End.Completed(lease, Map.of("ok", true)))).isEmpty();
  }

  final boolean fail(TaskLease lease, Optional<Duration> pause) {
    return !tasks().end(List.of(new End.Failed(lease, "broken", pause))).isEmpty();
  }

  static List<UUID> ids(List<TaskLease> leases) {
    return leases.stream().map(lease -> lease.task().id()).toList();
  }

  @Test
  void aTaskIsReadBackAsItWasEnqueued() {
    AgentId creator = register();
    AgentId owner = register();
    UUID parent = add(NewTask.of("other", Map.of()));
    Instant expiry = now().plusSeconds(3600).truncatedTo(ChronoUnit.MICROS);
    NewTask task =
        NewTask.of("job", Map.of("city", "\u65e5'\"", "n", 3, "list", List.of(1, "a")))
            .withName("a name")
            .withUniqueKey("key")
            .withPriority(Priority.URGENT)
            .withMaxRetries(7)
            .createdBy(creator)
            .assignedTo(owner)
            .withParent(parent)
            .withConfiguration(Map.of("c", 1.5))
            .withMetadata(Map.of("m", true))
            .expiresAt(expiry)
            .withMaxExecutionTime(Duration.ofSeconds(90));
    Task found = find(add(task));
    assertThat(found.request()).isEqualTo(task);
    assertThat(found.status()).isEqualTo(Status.QUEUED);
    assertThat(found.attempts()).isZero();
    assertThat(found.startedAt()).isEmpty();
    Task plain = find(add(NewTask.of("job", Map.of()).withoutMaxExecutionTime()));
    assertThat(plain.request().maxExecutionTime()).isEmpty();
    assertThat(tasks().find(UUID.randomUUID())).isEmpty();
  }

  @Test
  void aClaimedTaskIsCompletedOnce() {
    UUID id = add(job());
    TaskLease lease = claim();
    assertThat(lease.task().id()).isEqualTo(id);
    assertThat(lease.task().status()).isEqualTo(Status.RUNNING);
    assertThat(lease.task().payload()).isEqualTo(Map.of("n", 1));
    assertThat(find(id).status()).isEqualTo(Status.RUNNING);
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    assertThat(tasks().executions(id))
        .singleElement()
        .satisfies(
            execution -> {
              assertThat(execution.status()).isEqualTo(Status.RUNNING);
              assertThat(execution.worker()).contains("w1");
              assertThat(execution.endedAt()).isEmpty();
            });
    assertThat(complete(lease)).isTrue();
    assertThat(complete(lease)).as("twice").isFalse();
    Task done = find(id);
    assertThat(done.status()).isEqualTo(Status.COMPLETED);
    assertThat(done.result()).contains(Map.of("ok", true));
    assertThat(done.endedAt()).isPresent();
    assertThat(tasks().executions(id))
        .extracting(Execution::status, Execution::result)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                Status.COMPLETED, Optional.of(Map.<String, Object>of("ok", true))));
  }

  @Test
  void tasksAreClaimedByPriorityAndAge() {
    UUID old = add(job());
    UUID low = add(job().withPriority(Priority.LOW));
    UUID critical = add(job().withPriority(Priority.CRITICAL));
    UUID young = add(job());
    add(NewTask.of("other", Map.of()));
    // Due for longer than the head start of a higher priority.
    UUID aged = add(job().scheduledAt(now().minus(Duration.ofHours(13))));
    assertThat(ids(tasks().claim(claimOf(2)))).containsExactly(critical, old);
    assertThat(ids(tasks().claim(claimOf(9).atLeast(Priority.NORMAL))))
        .containsExactly(young, aged);
    assertThat(ids(tasks().claim(claimOf(9)))).containsExactly(low);
  }

  @Test
  void severalTypesAreClaimedInOneOrder() {
    UUID first = add(NewTask.of("a", Map.of()));
    UUID second = add(NewTask.of("b", Map.of()));
    UUID third = add(NewTask.of("a", Map.of()));
    add(NewTask.of("c", Map.of()));
    TaskClaim claim = TaskClaim.of("w1", List.of("a", "b")).withLimit(2);
    assertThat(ids(tasks().claim(claim))).containsExactly(first, second);
    assertThat(ids(tasks().claim(claim))).containsExactly(third);
  }

  @Test
  void anAgentsTaskIsClaimedByTheAgentAlone() {
    AgentId agent = register();
    UUID own = add(job().assignedTo(agent));
    UUID any = add(job());
    assertThat(ids(tasks().claim(claimOf(9).by(register())))).containsExactly(any);
    TaskLease lease = tasks().claim(claimOf(9).by(agent)).get(0);
    assertThat(lease.task().id()).isEqualTo(own);
    assertThat(tasks().executions(own).get(0).agent()).contains(agent);
  }

  @Test
  void aDeletedAgentsTaskBelongsToNobody() {
    AgentId agent = register();
    UUID task = add(job().assignedTo(agent).createdBy(agent));
    assertThat(stores().sql().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(find(task).request().createdBy()).isEmpty();
    assertThat(ids(tasks().claim(claimOf(9)))).containsExactly(task);
  }

  @Test
  void aUniqueKeyIsTakenOnce() {
    UUID first = add(job().withUniqueKey("invoice-7"));
    List<UUID> ids =
        tasks()
            .enqueue(
                List.of(
                    new Added(UUID.randomUUID(), job().withUniqueKey("invoice-7")),
                    new Added(UUID.randomUUID(), job().withUniqueKey("invoice-8")),
                    new Added(UUID.randomUUID(), job().withUniqueKey("invoice-8"))));
    assertThat(ids.get(0)).isEqualTo(first);
    assertThat(ids.get(1)).isEqualTo(ids.get(2));
    assertThat(tasks().claim(claimOf(9))).hasSize(2);
  }

  @Test
  void aScheduledTaskBecomesDue() {
    Duration wait = Duration.ofSeconds(2); // longer than the claims that find nothing
    UUID later = add(job().scheduledAt(now().plus(wait)));
    assertThat(find(later).status()).isEqualTo(Status.PENDING);
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    tasks().tend(100);
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    elapse(wait.plusMillis(50));
    assertThat(tasks().tend(100)).isPositive();
    assertThat(claim().task().id()).isEqualTo(later);
  }

  @Test
  void anExpiredTaskIsCancelledWithAReason() {
    UUID waiting = add(job().expiresAt(now().plus(SHORT)));
    UUID running = add(job().expiresAt(now().plus(SHORT)).withPriority(Priority.HIGH));
    UUID paused = add(job().expiresAt(now().plus(SHORT)));
    assertThat(tasks().pause(paused)).isTrue();
    TaskLease lease = claim();
    assertThat(lease.task().id()).isEqualTo(running);
    elapse(SHORT.plusMillis(50));
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    tasks().tend(100);
    for (UUID id : List.of(waiting, running, paused)) {
      assertThat(find(id).status()).isEqualTo(Status.CANCELLED);
      assertThat(find(id).error()).contains("it expired before it was completed");
    }
    assertThat(complete(lease)).isFalse();
    assertThat(tasks().executions(running).get(0).status()).isEqualTo(Status.CANCELLED);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(job().expiresAt(now().minusSeconds(9))));
  }

  @Test
  void aFailedTaskIsTriedAgainUntilItsRetriesAreUsedUp() {
    UUID id = add(job().withMaxRetries(1));
    assertThat(fail(claim(), Optional.of(SHORT))).isTrue();
    Task waiting = find(id);
    assertThat(waiting.status()).isEqualTo(Status.PENDING);
    assertThat(waiting.retries()).isEqualTo(1);
    assertThat(waiting.error()).contains("broken");
    assertThat(waiting.dueAt()).isPresent();
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    elapse(SHORT.plusMillis(50));
    tasks().tend(100);
    TaskLease second = claim();
    assertThat(second.task().attempts()).isEqualTo(2);
    assertThat(fail(second, Optional.of(Duration.ZERO))).isTrue();
    assertThat(find(id).status()).isEqualTo(Status.FAILED);
    assertThat(find(id).error()).contains("broken");
    assertThat(tasks().executions(id))
        .extracting(
            Execution::attempt, Execution::status, execution -> execution.error().orElse(""))
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, Status.FAILED, "broken"),
            org.assertj.core.groups.Tuple.tuple(2, Status.FAILED, "broken"));
  }

  @Test
  void aTaskThatFailsForGoodIsNotTriedAgain() {
    UUID id = add(job());
    assertThat(fail(claim(), Optional.empty())).isTrue();
    assertThat(find(id).status()).isEqualTo(Status.FAILED);
    assertThat(find(id).retries()).isZero();
  }

  @Test
  void aTaskWhoseLeaseExpiredIsTakenOverAndItsFormerOwnerRefused() {
    UUID id = add(job());
    TaskLease stale = tasks().claim(claimOf(1).withLease(SHORT)).get(0);
    elapse(SHORT.plusMillis(50));
    tasks().tend(100);
    assertThat(find(id).status()).isEqualTo(Status.QUEUED);
    assertThat(find(id).error()).contains("worker w1 did not renew its lease");
    assertThat(tasks().renew(List.of(stale))).isEmpty();
    assertThat(complete(stale)).isFalse();
    TaskLease next = claim();
    assertThat(next.token()).isGreaterThan(stale.token());
    assertThat(complete(stale)).isFalse();
    assertThat(fail(stale, Optional.empty())).isFalse();
    assertThat(find(id).status()).isEqualTo(Status.RUNNING);
    assertThat(complete(next)).isTrue();
  }

  @Test
  void aRenewedLeaseHolds() {
    add(job());
    TaskLease lease = tasks().claim(claimOf(1).withLease(SHORT.multipliedBy(4))).get(0);
    for (int i = 0; i < 3; i++) {
      elapse(SHORT.multipliedBy(2));
      assertThat(tasks().renew(List.of(lease))).containsExactly(lease);
      tasks().tend(100);
    }
    assertThat(complete(lease)).isTrue();
    assertThat(tasks().renew(List.of(lease))).isEmpty();
  }

  @Test
  void anExecutionThatTakesTooLongFailsThoughItsLeaseIsRenewed() {
    UUID id = add(job().withMaxExecutionTime(SHORT).withMaxRetries(0));
    TaskLease lease = claim();
    elapse(SHORT.plusMillis(50));
    assertThat(tasks().renew(List.of(lease))).containsExactly(lease);
    tasks().tend(100);
    assertThat(find(id).status()).isEqualTo(Status.FAILED);
    assertThat(find(id).error()).contains("it ran for longer than its max_execution_time");
    assertThat(complete(lease)).isFalse();
  }

  @Test
  void aTaskIsCancelledPausedAndResumed() {
    UUID waiting = add(job());
    assertThat(tasks().pause(waiting)).isTrue();
    assertThat(tasks().pause(waiting)).isFalse();
    assertThat(tasks().claim(claimOf(1))).isEmpty();
    assertThat(tasks().resume(waiting)).isTrue();
    assertThat(tasks().resume(waiting)).isFalse();
    TaskLease lease = claim();
    assertThat(tasks().pause(waiting)).as("a running task").isFalse();
    assertThat(tasks().cancel(waiting, "not needed")).isTrue();
    assertThat(tasks().cancel(waiting, "again")).isFalse();
    assertThat(find(waiting).status()).isEqualTo(Status.CANCELLED);
    assertThat(find(waiting).error()).contains("not needed");
    assertThat(complete(lease)).isFalse();
    assertThat(tasks().cancel(UUID.randomUUID(), "nothing")).isFalse();
    UUID queued = add(job());
    assertThat(tasks().cancel(queued, "early")).isTrue();
    assertThat(tasks().claim(claimOf(1))).isEmpty();
  }

  @Test
  void manyTasksAreEnqueuedClaimedAndEndedTogether() {
    List<Added> many =
        IntStream.range(0, 300)
            .mapToObj(i -> new Added(UUID.randomUUID(), NewTask.of("job", Map.of("i", i))))
            .toList();
    assertThat(tasks().enqueue(many))
        .containsExactlyElementsOf(many.stream().map(Added::id).toList());
    List<TaskLease> leases = new ArrayList<>(tasks().claim(claimOf(200)));
    leases.addAll(tasks().claim(claimOf(200)));
    assertThat(leases)
        .extracting(lease -> lease.task().payload().get("i"))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 300).boxed().toList());
    assertThat(leases.stream().distinct()).hasSize(300);
    List<End.Completed> ends =
        leases.stream().map(lease -> new End.Completed(lease, Map.of())).toList();
    assertThat(tasks().end(ends)).hasSize(300);
    assertThat(tasks().recycle()).isTrue();
    assertThat(tasks().find(TaskQuery.all().withStatus(Status.COMPLETED).withLimit(500)))
        .hasSize(300);
  }

  @Test
  void tasksAreListedInPagesByTheirIds() {
    AgentId agent = register();
    UUID parent = add(job().createdBy(agent));
    for (int i = 0; i < 5; i++) {
      add(job().withParent(parent));
    }
    List<Task> all = new ArrayList<>();
    TaskQuery query = TaskQuery.all().withType("job").withLimit(2);
    List<Task> page = tasks().find(query);
    while (!page.isEmpty()) {
      all.addAll(page);
      page = tasks().find(query.after(page.get(page.size() - 1).id()));
    }
    assertThat(all).hasSize(6);
    assertThat(all).extracting(task -> task.id().toString()).isSorted();
    assertThat(tasks().find(TaskQuery.all().withParent(parent))).hasSize(5);
    assertThat(tasks().find(TaskQuery.all().createdBy(agent))).hasSize(1);
    assertThat(tasks().find(TaskQuery.all().withStatus(Status.PAUSED))).isEmpty();
    assertThat(tasks().find(TaskQuery.all().assignedTo(agent))).isEmpty();
  }

  @Test
  void endedTasksAreArchivedAndPruned() {
    UUID done = add(job());
    UUID open = add(NewTask.of("other", Map.of()));
    complete(claim());
    UUID parent = add(job());
    complete(claim());
    add(NewTask.of("other", Map.of()).withParent(parent));
    elapse(Duration.ofMillis(20));
    assertThat(tasks().archive(Duration.ofHours(1), 10)).isZero();
    assertThat(tasks().archive(Duration.ofMillis(5), 10)).isEqualTo(1);
    assertThat(tasks().find(done)).isEmpty();
    assertThat(tasks().find(open)).isPresent();
    assertThat(tasks().find(parent)).as("a part of it is open").isPresent();
    assertThat(tasks().pruneArchive(Duration.ofHours(1), 10)).isZero();
    assertThat(tasks().pruneArchive(Duration.ofMillis(5), 10)).isEqualTo(1);
  }

  @Test
  void whatDoesNotExistIsRefused() {
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(job().assignedTo(AgentId.random())));
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(job().withParent(UUID.randomUUID())));
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(job().after(UUID.randomUUID())));
    assertThat(tasks().find(TaskQuery.all())).isEmpty();
  }
}
