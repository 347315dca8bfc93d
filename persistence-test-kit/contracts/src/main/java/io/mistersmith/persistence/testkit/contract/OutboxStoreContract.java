package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Backlog;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The contract of the outbox: what is committed is read once, whatever the order of commits. */
public abstract class OutboxStoreContract extends OutboxTests {

  /** For implementations. */
  protected OutboxStoreContract() {}

  @Test
  void anEmptyOutboxHasNoBatch() {
    assertThat(outbox().isInstalled()).isTrue();
    assertThat(outbox().next()).isEmpty();
    assertThat(outbox().position().tick()).isZero();
    assertThat(outbox().position().sequences()).isEmpty();
    Backlog backlog = outbox().backlog();
    assertThat(backlog.changes()).isZero();
    assertThat(backlog.lag()).isZero();
    assertThat(outbox().rotate()).isZero();
  }

  @Test
  void whatIsCommittedIsReadOnceInTheOrderOfIds() {
    UUID one = add(sql());
    UUID two = add(sql());
    List<OutboxChange> changes = finish(next());
    assertThat(subjects(changes)).containsExactly(one, two);
    assertThat(changes).extracting(OutboxChange::id).isSorted().doesNotHaveDuplicates();
    assertThat(changes).extracting(OutboxChange::at).isSorted();
    assertThat(outbox().next()).isEmpty();
    UUID three = add(sql());
    List<OutboxChange> later = finish(next());
    assertThat(subjects(later)).containsExactly(three);
    assertThat(later.get(0).id()).isGreaterThan(changes.get(1).id());
  }

  @Test
  void theBatchIsTheSameUntilItIsDone() {
    UUID[] late = new UUID[1];
    Open writer = new Open(unit -> late[0] = add(unit));
    UUID one = add(sql());
    Batch batch = next();
    List<OutboxChange> changes = read(batch);
    writer.commit();
    UUID two = add(sql());
    assertThat(next()).isEqualTo(batch);
    assertThat(read(batch)).isEqualTo(changes);
    assertThat(open(config().build()).sql().outbox().next()).as("another runtime").contains(batch);
    assertThat(subjects(finish(batch))).containsExactly(one);
    Batch later = next();
    assertThat(later.tick()).isEqualTo(batch.tick() + 1);
    assertThat(later.at()).isAfterOrEqualTo(batch.at());
    assertThat(subjects(finish(later))).containsExactly(late[0], two);
  }

  @Test
  void doneMovesThePositionOnce() {
    add(sql());
    Batch batch = next();
    OutboxStore other = open(config().build()).sql().outbox();
    assertThat(other.done(new Batch(batch.tick() + 1, batch.at()), Map.of()))
        .as("not made yet")
        .isFalse();
    assertThat(other.done(batch, Map.of("S", 7L, "T", 1L << 40))).isTrue();
    assertThat(outbox().done(batch, Map.of("S", 1L))).as("the second").isFalse();
    assertThat(outbox().position().tick()).isEqualTo(batch.tick());
    assertThat(outbox().position().sequences()).isEqualTo(Map.of("S", 7L, "T", 1L << 40));
    add(sql());
    Batch later = next();
    assertThat(outbox().done(batch, Map.of())).as("an old one").isFalse();
    assertThat(outbox().done(later, Map.of("S", 9L))).isTrue();
    assertThat(other.position().sequences()).isEqualTo(Map.of("S", 9L));
  }

  @Test
  void twoThatFinishAtOnceAreNotBothTold() {
    List<OutboxStore> readers = List.of(outbox(), open(config().build()).sql().outbox());
    for (int round = 0; round < 20; round++) {
      add(sql());
      Batch batch = next();
      var both =
          readers.stream()
              .map(reader -> OwnThread.supply(() -> reader.done(batch, Map.of())))
              .toList();
      assertThat(both.stream().filter(told -> told.join()).count()).isEqualTo(1);
    }
  }

  @Test
  void aBatchIsReadInPortions() {
    String text = "x".repeat(500);
    List<UUID> tasks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      tasks.add(
          sql()
              .tasks()
              .enqueue(
                  List.of(
                      new Added(
                          UUID.randomUUID(),
                          NewTask.of("job", Map.of()).withMetadata(Map.of("m", text)))))
              .get(0));
    }
    Batch batch = next();
    List<OutboxChange> two = outbox().read(batch, 0, new Portion(2, 1 << 20, 1 << 20));
    assertThat(subjects(two)).isEqualTo(tasks.subList(0, 2));
    assertThat(subjects(outbox().read(batch, 0, new Portion(5, 1 << 20, 1 << 20))))
        .isEqualTo(tasks);
    long after = two.get(1).id();
    List<OutboxChange> byBytes = outbox().read(batch, after, new Portion(9, 700, 1 << 20));
    assertThat(subjects(byBytes)).isEqualTo(tasks.subList(2, 3));
    assertThat(subjects(outbox().read(batch, after, new Portion(9, 1, 1 << 20))))
        .as("one at least")
        .isEqualTo(tasks.subList(2, 3));
    List<OutboxChange> large = outbox().read(batch, after, new Portion(9, 1 << 20, 400));
    assertThat(subjects(large)).isEqualTo(tasks.subList(2, 5));
    assertThat(large).allMatch(change -> change.payload().isEmpty());
    assertThat(large).allMatch(change -> change.size() == two.get(0).size());
    assertThat(two.get(0).payload().orElseThrow()).hasSize(two.get(0).size());
    assertThat(subjects(finish(batch))).isEqualTo(tasks);
  }

  @Test
  void commitsAreReadInAnyOrder() {
    UUID[] late = new UUID[2];
    Open first = new Open(unit -> late[0] = add(unit));
    Open second = new Open(unit -> late[1] = add(unit));
    UUID early = add(sql());
    assertThat(subjects(finish(next()))).containsExactly(early);
    second.commit();
    assertThat(subjects(finish(next()))).containsExactly(late[1]);
    assertThat(outbox().next()).isEmpty();
    first.commit();
    assertThat(subjects(finish(next()))).containsExactly(late[0]);
    assertThat(outbox().next()).isEmpty();
  }

  @Test
  void theLatestTransactionIsNotSkippedWhenItIsOpenAtTheEndOfABatch() {
    UUID before = add(sql());
    UUID[] late = new UUID[1];
    Open latest = new Open(unit -> late[0] = add(unit));
    assertThat(subjects(finish(next()))).containsExactly(before);
    latest.commit();
    assertThat(subjects(finish(next()))).containsExactly(late[0]);
  }

  @Test
  void aTransactionThatStaysOpenNeitherHidesNorIsSkipped() {
    List<UUID> late = new ArrayList<>();
    Open writer =
        new Open(
            unit -> {
              for (int i = 0; i < 10; i++) {
                late.add(add(unit));
              }
            });
    for (int i = 0; i < 20; i++) {
      UUID one = add(sql());
      assertThat(subjects(finish(next()))).as("batch %s", i).containsExactly(one);
      int unused = i % 5 == 0 ? outbox().rotate() : 0;
    }
    writer.commit();
    UUID after = add(sql());
    List<UUID> expected = new ArrayList<>(late);
    expected.add(after);
    assertThat(subjects(drain())).isEqualTo(expected);
  }

  @Test
  void whatIsRolledBackIsNotThere() {
    Open writer = new Open(unit -> add(unit));
    UUID one = add(sql());
    assertThat(subjects(finish(next()))).containsExactly(one);
    writer.rollBack();
    assertThat(drain()).isEmpty();
    assertThat(outbox().backlog().changes()).isZero();
  }

  @Test
  void whatIsRolledBackToASavepointIsNotThere() {
    List<UUID> kept = new ArrayList<>();
    sql()
        .inTransaction(
            OPTIONS,
            unit -> {
              kept.add(add(unit));
              assertThatThrownBy(
                      () ->
                          unit.nested(
                              () -> {
                                add(unit);
                                throw new IllegalStateException("of the part");
                              }))
                  .hasMessage("of the part");
              kept.add(unit.nested(() -> add(unit)));
              return kept;
            });
    assertThat(subjects(drain())).isEqualTo(kept);
  }

  @Test
  void noBatchIsMadeInATransactionThatHasWritten() {
    assertFails(
        DataError.MISCONFIGURED,
        () ->
            sql()
                .inTransaction(
                    OPTIONS,
                    unit -> {
                      add(unit);
                      return unit.outbox().next();
                    }));
    assertThat(drain()).isEmpty();
    UUID one = add(sql());
    Optional<Batch> batch = sql().inTransaction(OPTIONS, unit -> unit.outbox().next());
    assertThat(subjects(finish(batch.orElseThrow()))).containsExactly(one);
  }

  @Test
  void aBatchThatIsRolledBackIsMadeAgain() {
    UUID one = add(sql());
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          Batch batch = unit.outbox().next().orElseThrow();
                          assertThat(unit.outbox().done(batch, Map.of())).isTrue();
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    assertThat(outbox().position().tick()).isZero();
    assertThat(subjects(drain())).containsExactly(one);
  }

  @Test
  void changesOfAKeyStayInOrder() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    for (int i = 1; i <= 30; i++) {
      apply(put(key, at(i), Integer.toString(i)));
      int unused = i % 7 == 0 ? read(next()).size() : 0;
    }
    List<OutboxChange> changes = drain();
    assertThat(changes).extracting(OutboxChange::version).isSorted().hasSize(30);
    assertThat(changes).extracting(OutboxChange::id).isSorted().doesNotHaveDuplicates();
    assertThat(changes).extracting(OutboxChange::orderKey).containsOnly(changes.get(0).orderKey());
  }

  /** Many write while one reads, finishes and rotates. */
  @Test
  void everythingIsReadOnceWhileManyWrite() throws Exception {
    Set<UUID> written = new HashSet<>();
    ConcurrentLinkedQueue<UUID> committed = new ConcurrentLinkedQueue<>();
    List<OutboxChange> seen = new ArrayList<>();
    AtomicInteger left = new AtomicInteger(300);
    try (Repeated writers = new Repeated()) {
      for (int i = 0; i < 3; i++) {
        writers.start(
            () ->
                left.getAndDecrement() > 0
                    && committed.add(
                        sql()
                            .inTransaction(
                                OPTIONS,
                                unit -> {
                                  UUID task = add(unit);
                                  assertThat(unit.tasks().pause(task)).isTrue();
                                  return task;
                                })));
      }
      while (committed.size() < 300) {
        outbox().next().ifPresent(batch -> seen.addAll(finish(batch)));
        int unused = outbox().rotate();
      }
    }
    seen.addAll(drain());
    written.addAll(committed);
    assertThat(seen).hasSize(2 * written.size());
    assertThat(seen).extracting(OutboxChange::id).doesNotHaveDuplicates();
    Set<UUID> created = new HashSet<>();
    for (OutboxChange change : seen) {
      UUID task = change.subject().orElseThrow();
      if (change.kind() == OutboxChange.Kind.TASK_CREATED) {
        assertThat(created.add(task)).as("created once").isTrue();
      } else {
        assertThat(created).as("created before it was paused").contains(task);
      }
    }
    assertThat(created).isEqualTo(written);
  }

  @Test
  void aTransactionThatIsOpenOverRotationsIsReadInTheEnd() {
    UUID[] late = new UUID[2];
    Open writer = new Open(unit -> late[0] = add(unit));
    for (int i = 0; i < 5; i++) {
      add(sql());
      finish(next());
      int unused = outbox().rotate();
    }
    UUID waiting = add(sql());
    int unused = outbox().rotate();
    writer.commit();
    assertThat(subjects(drain())).containsExactly(late[0], waiting);
  }

  @Test
  void theBacklogIsMeasured() {
    add(sql());
    elapse(Duration.ofMillis(300));
    add(sql());
    Backlog backlog = outbox().backlog();
    assertThat(backlog.changes()).isEqualTo(2);
    assertThat(backlog.lag()).isBetween(Duration.ofMillis(299), Duration.ofSeconds(30));
    assertThat(backlog.bytes()).isPositive();
    Open writer = new Open(unit -> add(unit));
    Batch batch = next();
    assertThat(outbox().backlog().changes()).as("not done yet").isEqualTo(2);
    finish(batch);
    assertThat(outbox().backlog().changes()).isZero();
    assertThat(outbox().backlog().lag()).isZero();
    writer.commit();
    assertThat(outbox().backlog().changes()).isEqualTo(1);
  }

  @Test
  void thePositionOutlivesTheRuntime() {
    add(sql());
    Batch batch = next();
    assertThat(outbox().done(batch, Map.of("S", 3L))).isTrue();
    UUID one = add(sql());
    Batch open = next();
    stores().close();
    OutboxStore again = open(config().build()).sql().outbox();
    assertThat(again.position().sequences()).isEqualTo(Map.of("S", 3L));
    assertThat(again.next()).contains(open);
    assertThat(subjects(again.read(open, 0, ALL))).containsExactly(one);
  }
}
