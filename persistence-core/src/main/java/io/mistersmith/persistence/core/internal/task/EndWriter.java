package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.TaskLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the ends of a worker's executions: those that wait while one transaction commits go
 * together into the next one. An end that the store refuses goes alone, so that it takes no other
 * with it. Thread-safe.
 */
final class EndWriter {

  private static final Logger LOG = LoggerFactory.getLogger(EndWriter.class);

  private static final int AT_ONCE = 200;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final TaskStore store;
  private final BiConsumer<End, Boolean> written;
  private final BlockingQueue<End> ends = new LinkedBlockingQueue<>();
  private final List<End> batch = new ArrayList<>();
  private final LoopService service;

  /** Whether the batch was refused as a whole. */
  private boolean alone;

  /**
   * Writes to {@code store}.
   *
   * @param written is given each end, and whether its lease was held
   */
  EndWriter(TaskStore store, Services services, String name, BiConsumer<End, Boolean> written) {
    this.store = store;
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
      service.pause(IDLE);
      return;
    }
    if (!alone) {
      try {
        write(batch);
        batch.clear();
        return;
      } catch (PersistenceException e) {
        if (e.isTransient()) {
          throw e; // the next turn writes the same batch
        }
        alone = true;
      }
    }
    while (!batch.isEmpty()) {
      writeAlone(batch.get(0)); // after a transient failure the next turn goes on with it
      batch.remove(0);
    }
    alone = false;
  }

  private void write(List<End> some) {
    Set<TaskLease> held = store.end(some);
    some.forEach(end -> written.accept(end, held.contains(end.lease())));
  }

  private void writeAlone(End end) {
    try {
      write(List.of(end));
    } catch (PersistenceException e) {
      if (e.isTransient()) {
        throw e;
      }
      LOG.error(
          "the end of task {} cannot be recorded; the attempt fails instead",
          end.lease().task().id(),
          e);
      failInstead(end, e);
    }
  }

  private void failInstead(End end, PersistenceException refusal) {
    try {
      write(
          List.of(
              QueuedTasks.failed(
                  end.lease(), "its end cannot be recorded: " + refusal.getMessage())));
    } catch (PersistenceException e) {
      if (e.isTransient()) {
        throw e;
      }
      LOG.error("task {} is taken over when its lease expires", end.lease().task().id(), e);
      written.accept(end, false);
    }
  }

  void close(Duration patience) {
    boolean unused = service.close(patience);
  }
}
