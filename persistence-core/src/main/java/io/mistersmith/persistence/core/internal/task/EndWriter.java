package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.TaskLease;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the ends of a worker's executions: those that wait while one transaction commits go
 * together into the next one. When the database fails them, each goes alone, so that one takes no
 * other with it; one that fails although it may succeed later waits for its next try, while the
 * others go on. Thread-safe.
 */
final class EndWriter {

  private static final Logger LOG = LoggerFactory.getLogger(EndWriter.class);

  private static final int AT_ONCE = 200;
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final TaskStore store;
  private final Runnable changed;
  private final BiConsumer<End, Boolean> written;
  private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();
  private final List<End> batch = new ArrayList<>();

  /** Ends that failed alone, and may succeed later. */
  private final Deque<End> later = new ArrayDeque<>();

  private Deadline nextTry = Deadline.after(Duration.ZERO);
  private final LoopService service;

  /** Whether the batch failed as a whole. */
  private boolean alone;

  /**
   * Writes to {@code store}.
   *
   * @param changed runs when an end may have made a task claimable
   * @param written is given each end, and whether its lease was held
   */
  EndWriter(
      TaskStore store,
      Services services,
      Runnable changed,
      String name,
      BiConsumer<End, Boolean> written) {
    this.store = store;
    this.changed = changed;
    this.written = written;
    this.service =
        services.loop(name, "ended tasks are not recorded, and are run again", this::turn);
  }

  void start() {
    service.start();
  }

  void add(End end) {
    ends.add(end);
    service.wake();
  }

  private void turn() {
    if (!alone) {
      ends.drainTo(batch, AT_ONCE - batch.size());
    }
    if (batch.isEmpty()) {
      rest();
    } else if (alone) {
      writeAlone(batch.get(0)); // without an answer the next turn goes on with it
      batch.remove(0);
      alone = !batch.isEmpty();
    } else {
      writeTogether();
      tryLater();
    }
  }

  private void writeTogether() {
    try {
      write(batch);
      batch.clear();
    } catch (PersistenceException e) {
      requireAnswer(e); // the next turn writes the same batch
      alone = true;
    }
  }

  /** Throws a failure that has nothing to do with what was to be written. */
  private static void requireAnswer(PersistenceException failure) {
    switch (failure.error()) {
      case CONNECTION_FAILED, UNAVAILABLE, POOL_EXHAUSTED -> throw failure;
      default -> {}
    }
  }

  private void rest() {
    if (later.isEmpty()) {
      service.pause(IDLE);
    } else if (nextTry.hasPassed()) {
      tryLater();
    } else {
      service.pause(nextTry.left());
    }
  }

  /** Tries one end again, whose failure may take as long as a statement may. */
  private void tryLater() {
    if (!later.isEmpty() && nextTry.hasPassed()) {
      writeAlone(later.element());
      later.remove();
    }
  }

  private void write(List<End> some) {
    Set<TaskLease> held = store.end(some, changed);
    some.forEach(end -> written.accept(end, held.contains(end.lease())));
  }

  private void writeAlone(End end) {
    long began = System.nanoTime();
    try {
      write(List.of(end));
    } catch (PersistenceException e) {
      requireAnswer(e);
      if (e.isTransient()) {
        keepForLater(end, e, Duration.ofNanos(System.nanoTime() - began));
        return;
      }
      LOG.error(
          "the end of task {} cannot be recorded; the attempt fails instead",
          end.lease().task().id(),
          e);
      failInstead(end, e);
    }
  }

  /** The longer a try takes, the rarer it is, so that the others have most of the time. */
  private void keepForLater(End end, PersistenceException failure, Duration took) {
    LOG.warn("the end of task {} is recorded later", end.lease().task().id(), failure);
    later.add(end);
    nextTry = Deadline.after(AGAIN.plus(took.multipliedBy(4)));
  }

  private void failInstead(End end, PersistenceException refusal) {
    try {
      write(
          List.of(
              QueuedTasks.failed(
                  end.lease(), "its end cannot be recorded: " + refusal.getMessage())));
    } catch (PersistenceException e) {
      requireAnswer(e);
      if (e.isTransient()) {
        keepForLater(end, e, Duration.ZERO);
        return;
      }
      LOG.error(
          "task {} is taken over when the leases of its claim expire, or its max_execution_time",
          end.lease().task().id(),
          e);
      written.accept(end, false);
    }
  }

  void close(Duration patience) {
    boolean unused = service.close(patience);
  }
}
