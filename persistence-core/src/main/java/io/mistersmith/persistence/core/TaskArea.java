package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.task.QueuedTasks;
import io.mistersmith.persistence.core.internal.task.TaskWorkers;
import io.mistersmith.persistence.core.internal.task.Tender;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.task.Tasks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The queue of tasks, wired. A runtime tends the tasks once it has used the queue. */
final class TaskArea {

  private static final Duration TEND = Duration.ofMillis(500);

  private static final String TOPIC = "tasks";

  private final TaskWorkers workers;
  private final QueuedTasks tasks;
  private final FeedEvents feed;
  private final PeriodicService signaller;
  private final PeriodicService tender;
  private final AtomicBoolean used = new AtomicBoolean();

  TaskArea(EngineContext engine) {
    this.feed = engine.feed();
    TaskStore background = engine.stores().sql().on(PostgresRole.BACKGROUND).tasks();
    this.workers = new TaskWorkers(engine.stores().sql().tasks(), engine.services(), this::changed);
    this.tasks = new QueuedTasks(engine.stores().sql().tasks(), workers, this::changed);
    HotStore hot = engine.stores().hot();
    this.signaller =
        engine
            .services()
            .onDemand(
                "persistence-task-signal",
                "other runtimes find new tasks by polling alone",
                () -> hot.signal(TOPIC));
    hot.onSignal(TOPIC, workers::wake);
    Tender tends = new Tender(background, Ticker.SYSTEM, this::changed);
    this.tender =
        engine
            .services()
            .every(
                TEND,
                "persistence-tasks",
                "scheduled tasks do not become due, and tasks of dead workers are not taken over",
                tends::tend);
  }

  /** Wakes this runtime's workers, and by one signal for many changes those of the others. */
  private void changed() {
    workers.wake();
    signaller.wake();
    feed.committed();
  }

  Tasks tasks() {
    begin();
    return tasks;
  }

  /** Returns the queue in a unit. */
  Tasks in(SqlUnit unit, Consumer<Runnable> afterCommit) {
    begin();
    return tasks.in(unit.tasks(), afterCommit);
  }

  private void begin() {
    if (used.compareAndSet(false, true)) {
      signaller.start();
      tender.start();
    }
  }

  /** Closes the workers, within the time. */
  void close(Deadline deadline) {
    workers.close(deadline.left());
  }
}
