package io.mistersmith.persistence.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.task.Tasks;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The queue of tasks: by a worker, and by hand in a plain table that is claimed with {@code SKIP
 * LOCKED} in batches, and whose rows are deleted one by one when they are done.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TaskCalls {

  private static final int TURNS = 10;
  private static final int THREADS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How many tasks a round runs. */
  @Param("4000")
  public int tasks;

  /** How many tasks of each kind are in front of the claims. */
  @Param("100000")
  public int front;

  /** For how long tasks come in beside an idle transaction. */
  @Param("600")
  public int seconds;

  /** Tasks that are claimed and completed, a second. */
  @Benchmark
  public int throughput() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    queues.hand.fill(tasks);
    Recorder.note(Turns.RAW, tasks / queues.hand.drain(THREADS));
    queues.enqueue(tasks);
    Recorder.note(Turns.OURS, tasks / queues.run(tasks));
    return tasks;
  }

  /** Tasks that are run, a second: by db-scheduler and by a worker. */
  @Benchmark
  public int besideScheduler() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    queues.scheduler.enqueue(tasks);
    Recorder.note(Turns.RAW, tasks / queues.runByScheduler(tasks));
    queues.enqueue(tasks);
    Recorder.note(Turns.OURS, tasks / queues.run(tasks));
    return tasks;
  }

  /** {@link #idleTransaction} of db-scheduler. */
  @Benchmark
  public int idleTransactionOfScheduler() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    Recorder.note(Turns.RAW, queues.steadyByScheduler(Math.max(5, seconds / 10)));
    try (Connection idle = idle()) {
      Recorder.note(Turns.OURS, queues.steadyByScheduler(seconds));
      idle.rollback();
    }
    return seconds;
  }

  /** Opens a transaction that sees old rows for as long as it lasts. */
  private static Connection idle() throws SQLException {
    Connection idle = Site.present().postgres();
    idle.setAutoCommit(false);
    idle.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try (Statement statement = idle.createStatement()) {
      statement.execute("SELECT pg_current_xact_id(), count(*) FROM agents.registry");
    }
    return idle;
  }

  /** From the call that enqueues to the handler, in milliseconds; by hand the insert alone. */
  @Benchmark
  public int pickup() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    Lags raw = new Lags();
    Lags ours = new Lags();
    TaskWorker.Handler handler =
        lease -> {
          Object enqueuedAt = lease.task().payload().get("at");
          ours.add(System.nanoTime() - (Long) Objects.requireNonNull(enqueuedAt));
          return Map.of();
        };
    TaskWorker worker = queues.tasks.startWorker(Queues.options(8), handler);
    for (int i = 0; i < 200; i++) {
      long start = System.nanoTime();
      queues.hand.fill(1);
      raw.add(System.nanoTime() - start);
      queues.tasks.enqueue(NewTask.of("bench", Map.of("at", System.nanoTime())));
      LockSupport.parkNanos(5_000_000);
    }
    worker.close();
    Recorder.note(Turns.RAW, raw.millis(0.95));
    Recorder.note(Turns.OURS, ours.millis(0.95));
    return 200;
  }

  /** Bytes of WAL for a task: enqueued, claimed and completed. */
  @Benchmark
  public int wal() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    long start = queues.hand.wal();
    queues.hand.fill(tasks);
    double unused = queues.hand.drain(THREADS);
    long between = queues.hand.wal();
    queues.enqueue(tasks);
    unused += queues.run(tasks);
    Recorder.note(Turns.RAW, (between - start) / (double) tasks);
    Recorder.note(Turns.OURS, (queues.hand.wal() - between) / (double) tasks);
    return (int) unused;
  }

  /** A claim with many tasks in front that are not to be had, against one with none. */
  @Benchmark
  public int claimBehind() throws Exception {
    Queues empty = Opened.get("tasks", Queues::new);
    Queues full = Opened.get("tasks.full", () -> new Queues(Site.present().withSets(), front));
    empty.enqueue(TURNS * 20);
    full.enqueue(TURNS * 20);
    return Turns.take(TURNS, i -> empty.claim(), i -> full.claim());
  }

  /** Tasks a second of 800 that come in, while a transaction is idle that sees old rows. */
  @Benchmark
  public int idleTransaction() throws Exception {
    Queues queues = Opened.get("tasks", Queues::new);
    Recorder.note(Turns.RAW, queues.steady(Math.max(5, seconds / 10)));
    try (Connection idle = idle()) {
      Recorder.note(Turns.OURS, queues.steady(seconds));
      System.err.println("bench: tasks.idle: dead rows " + queues.hand.dead());
      idle.rollback();
    }
    return seconds;
  }

  private static final class Queues implements AutoCloseable {

    private final Persistence persistence;
    private final Tasks tasks;
    private final HandQueue hand;
    private final SchedulerQueue scheduler;

    Queues() throws SQLException {
      this(Site.present(), 0);
    }

    Queues(Site site, int front) throws SQLException {
      persistence =
          Persistence.open(site.config("tasks-" + ProcessHandle.current().pid() + front).build());
      tasks = persistence.tasks();
      hand = new HandQueue(site);
      scheduler = new SchedulerQueue(site);
      if (front > 0) {
        hand.putInFront(front);
      }
    }

    static TaskWorker.Options options(int concurrency) {
      TaskClaim claim = TaskClaim.of("bench", "bench").withLimit(50);
      return TaskWorker.Options.of(claim, concurrency);
    }

    void enqueue(int count) {
      for (int done = 0; done < count; done += 500) {
        List<NewTask> some =
            IntStream.range(done, Math.min(count, done + 500))
                .mapToObj(i -> NewTask.of("bench", Map.of("city", "Rome", "n", i)))
                .toList();
        if (tasks.enqueueAll(some).size() != some.size()) {
          throw new IllegalStateException("not all are enqueued");
        }
      }
    }

    /** Runs so many tasks, and returns the seconds. */
    double run(int count) {
      AtomicInteger left = new AtomicInteger(count);
      long start = System.nanoTime();
      TaskWorker worker =
          tasks.startWorker(
              options(64),
              lease -> {
                left.decrementAndGet();
                return Map.of("ok", true);
              });
      await(left, 0);
      worker.close();
      return (System.nanoTime() - start) / 1e9;
    }

    /** {@link #run} by db-scheduler. */
    double runByScheduler(int count) {
      int before = scheduler.done().get();
      long start = System.nanoTime();
      Scheduler running = scheduler.start();
      long end = start + PATIENCE.toNanos();
      while (scheduler.done().get() - before < count && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(1_000_000);
      }
      running.stop();
      return (System.nanoTime() - start) / 1e9;
    }

    private static void await(AtomicInteger left, int most) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (left.get() > most && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    Object claim() {
      List<TaskLease> claimed = tasks.claim(TaskClaim.of("bench", "bench"));
      if (claimed.size() != 1) {
        throw new IllegalStateException("nothing to claim");
      }
      return claimed;
    }

    /** Enqueues 800 tasks a second beside a worker; returns how many it completed a second. */
    double steady(int duration) {
      AtomicInteger done = new AtomicInteger();
      TaskWorker worker =
          tasks.startWorker(
              options(64),
              lease -> {
                done.incrementAndGet();
                return Map.of();
              });
      double rate = steady(duration, done, () -> enqueue(8));
      worker.close();
      return rate;
    }

    double steadyByScheduler(int duration) {
      Scheduler running = scheduler.start();
      double rate = steady(duration, scheduler.done(), () -> scheduler.enqueue(8));
      running.stop();
      return rate;
    }

    private static double steady(int duration, AtomicInteger done, Runnable eight) {
      int before = done.get();
      long start = System.nanoTime();
      long end = start + TimeUnit.SECONDS.toNanos(duration);
      for (long next = start; next - end < 0; next += 10_000_000) {
        LockSupport.parkNanos(next - System.nanoTime());
        eight.run();
      }
      return (done.get() - before) / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() throws SQLException {
      persistence.close();
      hand.close();
      scheduler.close();
    }
  }
}
