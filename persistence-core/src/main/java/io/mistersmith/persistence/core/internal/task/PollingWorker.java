package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskWorker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker with four parts: one thread claims, others run the tasks, one records their ends, and a
 * service renews the leases. Thread-safe.
 */
final class PollingWorker implements TaskWorker {

  private static final Logger LOG = LoggerFactory.getLogger(PollingWorker.class);

  private static final Duration STOP = Duration.ofSeconds(2);
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

  private final TaskStore store;
  private final Runnable changed;
  private final Options options;
  private final Handler handler;
  private final Consumer<PollingWorker> closed;
  private final Map<TaskLease, Run> runs = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads;
  private final LoopService claimer;
  private final EndWriter ends;
  private final PeriodicService renewer;

  /** A task under way, from its claim until its end is recorded. */
  private static final class Run {

    private final TaskLease lease;
    private @Nullable Thread thread;
    private boolean lost;
    private boolean returned;

    /** Whether the application has tried to end it, and whether it has. */
    private boolean ending;

    private boolean ended;

    Run(TaskLease lease) {
      this.lease = lease;
    }

    synchronized boolean begin() {
      thread = Thread.currentThread();
      return !lost;
    }

    synchronized void end() {
      thread = null;
      returned = true;
      boolean unused = Thread.interrupted();
    }

    /** The lease of an execution that the application ends is not held either. */
    synchronized void lose() {
      if (!ending) {
        lost = true;
        interrupt();
      }
    }

    synchronized void ending() {
      ending = true;
    }

    synchronized void ended() {
      ended = true;
    }

    synchronized boolean isEnded() {
      return ended;
    }

    synchronized void interrupt() {
      if (thread != null) {
        thread.interrupt();
      }
    }

    synchronized boolean isReturned() {
      return returned;
    }
  }

  PollingWorker(
      TaskStore store,
      Services services,
      Runnable changed,
      Options options,
      Handler handler,
      Consumer<PollingWorker> closed) {
    this.store = store;
    this.changed = changed;
    this.options = options;
    this.handler = handler;
    this.closed = closed;
    String name = "persistence-task-" + options.claim().worker();
    this.threads = LibraryThreads.onDemand(name, options.concurrency());
    this.claimer = services.loop(name + "-claim", "no tasks are claimed", this::claim);
    this.ends = new EndWriter(store, services, changed, name + "-end", this::recorded);
    this.renewer =
        services.every(
            options.claim().lease().dividedBy(3),
            name + "-lease",
            "running tasks are taken over when their leases expire",
            this::renew);
  }

  void start() {
    ends.start();
    renewer.start();
    claimer.start();
  }

  /** Returns whether this worker may run a task that became claimable. */
  boolean isOpen() {
    return claimer.isOpen();
  }

  private void claim() {
    int free = options.concurrency() - runs.size();
    if (free <= 0) {
      boolean unused = claimer.pause(options.poll());
      return;
    }
    TaskClaim claim = options.claim();
    int most = Math.min(free, claim.limit());
    List<TaskLease> leases = store.claim(claim.withLimit(most), changed);
    for (TaskLease lease : leases) {
      Run run = new Run(lease);
      runs.put(lease, run);
      threads.execute(() -> run(run));
    }
    if (leases.size() < most) {
      boolean unused = claimer.pause(options.poll());
    }
  }

  private void run(Run run) {
    if (!run.begin()) {
      forget(run);
      return;
    }
    End end;
    try {
      end = QueuedTasks.completed(run.lease, handler.run(run.lease));
    } catch (Throwable e) {
      end = QueuedTasks.failed(run.lease, describe(run.lease, e));
    } finally {
      run.end();
    }
    if (run.isEnded()) {
      forget(run);
    } else {
      ends.add(end);
    }
  }

  private void forget(Run run) {
    runs.remove(run.lease);
    claimer.wake();
  }

  /** The application is about to end an execution of this worker, or of another one. */
  void ending(TaskLease lease) {
    Run run = runs.get(lease);
    if (run != null) {
      run.ending();
    }
  }

  /** The application has ended an execution, which needs no lease and no other end any more. */
  void ended(TaskLease lease) {
    Run run = runs.get(lease);
    if (run != null) {
      run.ended();
    }
  }

  /** The failure is the application's: its methods may throw. */
  private static String describe(TaskLease lease, Throwable failure) {
    String name = failure.getClass().getName();
    try {
      LOG.debug("task {}: the attempt failed", lease.task().id(), failure);
      String message = failure.getMessage();
      return message == null ? name : name + ": " + message;
    } catch (Throwable e) {
      return name;
    }
  }

  private void recorded(End end, boolean held) {
    runs.remove(end.lease());
    if (!held) {
      LOG.warn(
          "task {}: worker {} had lost its lease when the attempt ended; its outcome is dropped",
          end.lease().task().id(),
          end.lease().worker());
    }
    claimer.wake();
  }

  private void renew() {
    List<TaskLease> leases =
        runs.values().stream().filter(run -> !run.isEnded()).map(run -> run.lease).toList();
    if (leases.isEmpty()) {
      return;
    }
    Set<TaskLease> held = store.renew(leases);
    for (TaskLease lease : leases) {
      Run run = runs.get(lease);
      if (run != null && !held.contains(lease) && !run.isReturned()) {
        run.lose();
      }
    }
  }

  @Override
  public void wake() {
    claimer.wake();
  }

  @Override
  public int running() {
    return (int) runs.values().stream().filter(run -> !run.isReturned()).count();
  }

  @Override
  public int close(Duration patience) {
    return close(List.of(this), patience);
  }

  /** Closes workers together: none goes on claiming while another one finishes its tasks. */
  static int close(List<PollingWorker> workers, Duration patience) {
    Deadline deadline = Deadline.after(patience);
    workers.forEach(worker -> worker.claimer.stop());
    for (PollingWorker worker : workers) {
      boolean unused = worker.claimer.close(deadline.left());
      worker.awaitRuns(deadline);
    }
    Map<PollingWorker, Integer> left = new HashMap<>();
    for (PollingWorker worker : workers) {
      left.put(worker, worker.running());
      worker.runs.values().forEach(Run::interrupt);
    }
    Deadline stop = Deadline.after(STOP);
    workers.forEach(worker -> worker.awaitRuns(stop));
    return workers.stream().mapToInt(worker -> worker.end(left.getOrDefault(worker, 0))).sum();
  }

  /** Returns how many tasks were running, or have ends that are not recorded. */
  private int end(int left) {
    threads.shutdownNow();
    ends.close(STOP);
    boolean unused = renewer.close(STOP);
    long lost = runs.values().stream().filter(Run::isReturned).count();
    if (lost > 0) {
      LOG.warn(
          "worker {} was closed before the ends of {} tasks were recorded; they are taken over",
          options.claim().worker(),
          lost);
    }
    closed.accept(this);
    return Math.max(left, runs.size());
  }

  private void awaitRuns(Deadline deadline) {
    while (!runs.isEmpty() && !deadline.hasPassed()) {
      try {
        TimeUnit.NANOSECONDS.sleep(LOOK_NANOS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
