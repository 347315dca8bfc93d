package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract of a queue of tasks: what waits for what, and what is part of a unit of work. */
public abstract class TaskDependencyContract extends DurableContract {

  /** For implementations. */
  protected TaskDependencyContract() {}

  private TaskStore tasks() {
    return stores().sql().tasks();
  }

  private UUID add(NewTask task) {
    return add(tasks(), task);
  }

  private static UUID add(TaskStore store, NewTask task) {
    return store.enqueue(List.of(new Added(UUID.randomUUID(), task))).get(0);
  }

  private static NewTask first() {
    return NewTask.of("first", Map.of());
  }

  private static NewTask then() {
    return NewTask.of("then", Map.of());
  }

  private List<TaskLease> claim(String type) {
    return tasks().claim(TaskClaim.of("w1", type).withLimit(10));
  }

  private Task find(UUID task) {
    return tasks().find(task).orElseThrow();
  }

  private void complete(TaskLease lease) {
    assertThat(tasks().end(List.of(new End.Completed(lease, Map.of())))).hasSize(1);
  }

  private static boolean tells(Consumer<Runnable> change) {
    AtomicBoolean told = new AtomicBoolean();
    change.accept(() -> told.set(true));
    return told.get();
  }

  @Test
  void whatMayHaveReleasedATaskTells() {
    UUID one = add(first());
    UUID two = add(first());
    UUID plain = add(first());
    add(then().after(one, Dependency.START));
    UUID last = add(then().after(two));
    List<TaskLease> leases = new ArrayList<>();
    TaskClaim claim = TaskClaim.of("w1", "first");
    assertThat(tells(told -> leases.addAll(tasks().claim(claim, told)))).isTrue();
    leases.addAll(claim("first"));
    assertThat(ids(leases)).containsExactly(one, two, plain);
    assertThat(tells(told -> tasks().end(List.of(completed(leases.get(2))), told))).isFalse();
    assertThat(tells(told -> tasks().end(List.of(completed(leases.get(1))), told))).isTrue();
    assertThat(find(last).status()).isEqualTo(Status.QUEUED);
    assertThat(tells(told -> tasks().end(List.of(failed(leases.get(0), 3600)), told))).isFalse();
    UUID retried = add(NewTask.of("other", Map.of()));
    TaskLease lease = claim("other").get(0);
    assertThat(tells(told -> tasks().end(List.of(failed(lease, 0)), told))).isTrue();
    assertThat(find(retried).status()).isEqualTo(Status.QUEUED);
  }

  private static List<UUID> ids(List<TaskLease> leases) {
    return leases.stream().map(lease -> lease.task().id()).toList();
  }

  private static End completed(TaskLease lease) {
    return new End.Completed(lease, Map.of());
  }

  private static End failed(TaskLease lease, int pauseSeconds) {
    return new End.Failed(lease, "broken", Optional.of(Duration.ofSeconds(pauseSeconds)));
  }

  @Test
  void aRenewalExtendsTheLeasesOfTheWholeClaim() {
    UUID renewed = add(first());
    UUID other = add(first());
    List<TaskLease> claim =
        tasks().claim(TaskClaim.of("w1", "first").withLimit(2).withLease(Duration.ofMillis(300)));
    UUID left = add(first());
    assertThat(tasks().claim(TaskClaim.of("w1", "first").withLease(Duration.ofMillis(300))))
        .hasSize(1);
    elapse(Duration.ofMillis(200));
    TaskLease first = claim.get(0);
    TaskLease longer = new TaskLease(first.task(), first.token(), "w1", Duration.ofHours(1));
    assertThat(tasks().renew(List.of(longer))).containsExactly(longer);
    elapse(Duration.ofMillis(200));
    tasks().tend(100);
    assertThat(List.of(find(renewed).status(), find(other).status(), find(left).status()))
        .containsExactly(Status.RUNNING, Status.RUNNING, Status.QUEUED);
  }

  @Test
  void aRenewalDoesNotWaitForATransactionThatHasEndedATask() {
    add(first());
    TaskLease ending = claim("first").get(0);
    add(first());
    TaskLease other = claim("first").get(0);
    Set<TaskLease> held =
        stores()
            .sql()
            .inTransaction(
                SqlOptions.of("end"),
                unit -> {
                  assertThat(unit.tasks().end(List.of(completed(ending)))).hasSize(1);
                  return CompletableFuture.supplyAsync(() -> tasks().renew(List.of(ending, other)))
                      .orTimeout(5, TimeUnit.SECONDS)
                      .join();
                });
    assertThat(held).as("not committed yet").containsExactlyInAnyOrder(ending, other);
    assertThat(tasks().renew(List.of(ending, other))).containsExactly(other);
  }

  @Test
  void aTakeOverIsBoundedByTasks() {
    TaskClaim two = TaskClaim.of("w1", "first").withLimit(2).withLease(Duration.ofMillis(1));
    tasks().enqueue(Stream.generate(() -> new Added(UUID.randomUUID(), first())).limit(6).toList());
    for (int i = 0; i < 3; i++) {
      assertThat(tasks().claim(two)).hasSize(2);
    }
    elapse(Duration.ofMillis(20));
    assertThat(tasks().tend(2)).isEqualTo(2);
    assertThat(tasks().tend(4)).isEqualTo(4);
    assertThat(tasks().tend(4)).isZero();
  }

  @Test
  void aChainOfEndedTasksIsArchivedAtOnce() {
    UUID one = add(first());
    UUID two = add(then().after(one));
    add(then().after(two).withParent(one));
    complete(claim("first").get(0));
    complete(claim("then").get(0));
    complete(claim("then").get(0));
    elapse(Duration.ofMillis(20));
    assertThat(tasks().archive(Duration.ofMillis(5), 2)).isEqualTo(2);
    assertThat(tasks().find(one)).as("the last one").isPresent();
    assertThat(tasks().archive(Duration.ofMillis(5), 2)).isEqualTo(1);
  }

  private void failForGood(TaskLease lease) {
    assertThat(tasks().end(List.of(new End.Failed(lease, "broken", Optional.empty())))).hasSize(1);
  }

  @Test
  void aTaskWaitsForAllThatItDependsOn() {
    UUID one = add(first());
    UUID two = add(first());
    UUID waiting = add(then().after(one).after(two, Dependency.DATA));
    assertThat(find(waiting).status()).isEqualTo(Status.PENDING);
    assertThat(find(waiting).blockedBy()).isEqualTo(2);
    List<TaskLease> leases = claim("first");
    assertThat(claim("then")).isEmpty();
    complete(leases.get(0));
    assertThat(find(waiting).blockedBy()).isEqualTo(1);
    assertThat(claim("then")).isEmpty();
    complete(leases.get(1));
    assertThat(claim("then")).hasSize(1);
    assertThat(find(add(then().after(one))).status()).as("met already").isEqualTo(Status.QUEUED);
  }

  @Test
  void oneThatNeedsTheStartWaitsForThatAlone() {
    UUID one = add(first());
    UUID waiting = add(then().after(one, Dependency.START));
    assertThat(claim("then")).isEmpty();
    claim("first");
    assertThat(find(waiting).status()).isEqualTo(Status.QUEUED);
  }

  @Test
  void oneThatNeedsAResourceWaitsForTheEnd() {
    UUID one = add(first());
    UUID waiting = add(then().after(one, Dependency.RESOURCE));
    TaskLease lease = claim("first").get(0);
    assertThat(claim("then")).isEmpty();
    failForGood(lease);
    assertThat(find(waiting).status()).isEqualTo(Status.QUEUED);
  }

  @Test
  void whatNeedsTheSuccessOfAFailedTaskIsCancelled() {
    UUID one = add(first());
    UUID direct = add(then().after(one));
    UUID indirect = add(then().after(direct));
    UUID start = add(then().after(direct, Dependency.START));
    UUID resource = add(then().after(indirect, Dependency.RESOURCE));
    failForGood(claim("first").get(0));
    for (UUID id : List.of(direct, indirect, start)) {
      assertThat(find(id).status()).isEqualTo(Status.CANCELLED);
      assertThat(find(id).error().orElseThrow()).contains(one.toString());
    }
    assertThat(find(resource).status()).isEqualTo(Status.QUEUED);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> add(then().after(one)));
  }

  @Test
  void aCycleIsRefused() {
    UUID one = add(first());
    UUID two = add(then().after(one));
    UUID three = add(then().after(two));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> tasks().addDependency(one, three, Dependency.COMPLETION));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> tasks().addDependency(one, one, Dependency.COMPLETION));
    assertThat(find(one).blockedBy()).isZero();
    tasks().addDependency(three, one, Dependency.COMPLETION);
    tasks().addDependency(three, one, Dependency.COMPLETION);
    assertThat(find(three).blockedBy()).isEqualTo(2);
    complete(claim("first").get(0));
    assertThat(find(three).blockedBy()).isEqualTo(1);
  }

  @Test
  void aDependencyAddedLaterHoldsATaskBack() {
    UUID one = add(first());
    UUID two = add(then());
    assertThat(find(two).status()).isEqualTo(Status.QUEUED);
    tasks().addDependency(two, one, Dependency.COMPLETION);
    assertThat(find(two).status()).isEqualTo(Status.PENDING);
    assertThat(claim("then")).isEmpty();
    complete(claim("first").get(0));
    assertThat(claim("then")).hasSize(1);
  }

  @Test
  void aUnitsTasksAreThereWithItsCommitAlone() {
    UUID[] id = new UUID[1];
    Optional<UUID> none =
        stores()
            .sql()
            .inTransaction(
                SqlOptions.of("enqueue"),
                unit -> {
                  id[0] = add(unit.tasks(), first());
                  assertThat(unit.tasks().find(id[0])).isPresent();
                  assertThat(claim("first")).isEmpty();
                  assertThat(tasks().find(id[0])).isEmpty();
                  return Optional.empty();
                });
    assertThat(none).isEmpty();
    TaskLease lease = claim("first").get(0);
    IllegalStateException own = new IllegalStateException("of the body");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                stores()
                    .sql()
                    .inTransaction(
                        SqlOptions.of("complete"),
                        unit -> {
                          assertThat(unit.tasks().end(List.of(new End.Completed(lease, Map.of()))))
                              .hasSize(1);
                          add(unit.tasks(), then());
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(find(id[0]).status()).isEqualTo(Status.RUNNING);
    assertThat(claim("then")).isEmpty();
    complete(lease);
  }

  @Test
  void aTaskThatAUnitHoldsKeepsNoOtherFromBeingClaimed() {
    UUID held = add(first());
    UUID free = add(first());
    boolean cancelled =
        stores()
            .sql()
            .inTransaction(
                SqlOptions.of("cancel"),
                unit -> {
                  boolean done = unit.tasks().cancel(held, "no");
                  assertThat(claim("first"))
                      .extracting(lease -> lease.task().id())
                      .containsExactly(free);
                  return done;
                });
    assertThat(cancelled).isTrue();
    assertThat(claim("first")).isEmpty();
  }

  @Test
  void aTaskThatAUnitHoldsKeepsNoOtherFromBecomingDue() {
    UUID held = add(first().scheduledAt(now().plusMillis(100)));
    UUID free = add(first().scheduledAt(now().plusMillis(150)));
    elapse(Duration.ofMillis(300));
    boolean cancelled =
        stores()
            .sql()
            .inTransaction(
                SqlOptions.of("cancel"),
                unit -> {
                  boolean done = unit.tasks().cancel(held, "no");
                  int unused = tasks().tend(10);
                  assertThat(find(free).status()).isEqualTo(Status.QUEUED);
                  return done;
                });
    assertThat(cancelled).isTrue();
  }

  @Test
  void aTaskThatHasBegunCannotBeMadeToWait() {
    UUID running = add(first());
    UUID after = add(then().after(running));
    TaskLease lease = claim("first").get(0);
    UUID other = add(first());
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> tasks().addDependency(running, other, Dependency.COMPLETION));
    failForGood(claim("first").get(0));
    assertThat(find(after).status()).isEqualTo(Status.PENDING);
    complete(lease);
    assertThat(find(after).status()).isEqualTo(Status.QUEUED);
  }
}
