package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claim;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A runner with three parts: one thread claims runs, others carry them on, and a service renews the
 * lease. Thread-safe.
 *
 * <p>When the lease ends, by this process's clock, all work is interrupted and forgotten. A claim
 * or a start without an answer may have made this runner the owner of runs that it does not know;
 * it goes on under another name then, and gives the old one up once the runs that it knows have
 * ended.
 */
final class LeasedRunner implements SagaRunner {

  private static final Logger LOG = LoggerFactory.getLogger(LeasedRunner.class);

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static final Duration STOP = Duration.ofSeconds(2);
  private static final long LOOK_MILLIS = 10;

  /** Of a lease: the renewals are a third of it apart, at most half. */
  private static final int RENEWALS = 4;

  private final RunnerContext around;
  private final Definitions definitions;
  private final Options options;
  private final Consumer<LeasedRunner> closed;
  private final Slots slots;
  private final List<Tenure> tenures = new CopyOnWriteArrayList<>();
  private final ScheduledThreadPoolExecutor timer;
  private final LoopService claimer;
  private final PeriodicService renewer;
  private volatile Tenure current;
  private volatile boolean isClosing;
  private volatile boolean isShort;

  LeasedRunner(
      RunnerContext around,
      Definitions definitions,
      Options options,
      Consumer<LeasedRunner> closed) {
    this.around = around;
    this.definitions = definitions;
    this.options = options;
    this.closed = closed;
    String name = "persistence-saga-" + NUMBERS.incrementAndGet();
    this.slots = new Slots(name, options.concurrency(), around.events());
    this.timer = new ScheduledThreadPoolExecutor(1, new LibraryThreads(name + "-time"));
    timer.setRemoveOnCancelPolicy(true);
    this.claimer = around.services().loop(name + "-claim", "no sagas are carried on", this::claim);
    this.renewer =
        around
            .services()
            .every(
                options.lease().dividedBy(RENEWALS),
                name + "-lease",
                "running sagas are taken over when the lease ends",
                this::renew);
    this.current = begin();
  }

  private Tenure begin() {
    Tenure tenure = new Tenure(around.journals(), options.lease());
    tenures.add(tenure);
    return tenure;
  }

  void start() {
    renewer.start();
    renewer.wake();
    claimer.start();
  }

  boolean knows(Definition definition) {
    return definitions.find(definition).isPresent();
  }

  Optional<Saga> find(Definition definition) {
    return definitions.find(definition);
  }

  private void claim() {
    Tenure tenure = current;
    int free = tenure.isHeld() ? slots.takeAll() : 0;
    if (free == 0) {
      isShort = true;
      boolean unused = claimer.pause(options.poll());
      return;
    }
    int taken = 0;
    try {
      List<Claimed> runs =
          around.store().claim(new Claim(tenure.holder(), definitions.names(), free));
      isShort = runs.size() == free;
      for (Claimed run : runs) {
        taken++;
        execute(tenure, run);
      }
    } catch (PersistenceException e) {
      doubt(tenure, e);
      throw e;
    } finally {
      slots.giveBack(free - taken);
    }
    if (!isShort) {
      boolean unused = claimer.pause(options.poll());
    }
  }

  /**
   * Starts a run that this runner owns at once.
   *
   * @return its id, or that of the run with its unique key; empty when the runner has no room
   */
  Optional<UUID> start(Added added, Saga saga) {
    Tenure tenure = current;
    if (isClosing || !tenure.isHeld() || !slots.take()) {
      return Optional.empty();
    }
    boolean isTaken = false;
    try {
      UUID id = around.store().add(added, Optional.of(tenure.holder()));
      if (id.equals(added.id())) {
        isTaken = true;
        execute(tenure, around.started(added));
      }
      return Optional.of(id);
    } catch (PersistenceException e) {
      doubt(tenure, e);
      throw e;
    } finally {
      if (!isTaken) {
        slots.giveBack(1);
      }
    }
  }

  /** A store that gave no answer may have given runs to this runner. */
  private void doubt(Tenure tenure, PersistenceException failure) {
    boolean isUnapplied =
        failure.error() == DataError.UNAVAILABLE || failure.error() == DataError.POOL_EXHAUSTED;
    if (failure.isTransient() && !isUnapplied) {
      retire(tenure);
    }
  }

  /** Takes no more runs on under this name. */
  private synchronized void retire(Tenure tenure) {
    if (current == tenure && !isClosing) {
      current = begin();
    }
    renewer.wake();
  }

  private void execute(Tenure tenure, Claimed claimed) {
    Saga saga = definitions.find(claimed).orElseThrow();
    SagaExecution execution =
        around.execution(
            saga, claimed, new RunThread(timer), () -> isClosing, done -> finished(tenure, done));
    tenure.add(execution);
    try {
      slots.execute(execution);
    } catch (RejectedExecutionException e) {
      LOG.debug("the runner is closed; another one goes on with {}", execution.owned(), e);
      finished(tenure, execution);
    }
  }

  private void finished(Tenure tenure, SagaExecution execution) {
    tenure.remove(execution);
    slots.ended(execution);
    if (execution.isUnclear()) {
      retire(tenure);
    }
    if (execution.isOver()) {
      around.over(execution.owned().run());
    }
    if (isShort) {
      claimer.wake();
    }
    if (tenure != current && tenure.executions().isEmpty()) {
      renewer.wake();
    }
  }

  /** Runs on one thread at a time. */
  private void renew() {
    if (slots.replaceHanging(options.lease())) {
      claimer.wake();
    }
    PersistenceException failure = null;
    for (Tenure tenure : List.copyOf(tenures)) {
      try {
        if (tenure != current && tenure.executions().isEmpty()) {
          tenures.remove(tenure);
          tenure.end(around.store());
        } else {
          boolean isFirst = !tenure.isHeld();
          tenure.renew();
          watch(tenure, isFirst);
        }
      } catch (PersistenceException e) {
        failure = e;
      }
      endIfOver(tenure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** The lease ends by the clock, also while its renewal waits for PostgreSQL. */
  private void watch(Tenure tenure, boolean isFirst) {
    if (tenure.isHeld() && !isClosing) {
      var unused =
          timer.schedule(
              () -> endIfOver(tenure), options.lease().toMillis() + 1, TimeUnit.MILLISECONDS);
    }
    if (isFirst) {
      claimer.wake();
    }
  }

  private synchronized void endIfOver(Tenure tenure) {
    if (tenure.isOver() && tenures.remove(tenure)) {
      LOG.warn(
          "the lease {} of a runner of sagas is over; {} runs are left to other runners",
          tenure.holder(),
          tenure.executions().size());
      tenure.lose();
      if (tenure == current) {
        current = begin();
        renewer.wake();
      }
    }
  }

  @Override
  public void wake() {
    claimer.wake();
  }

  @Override
  public int running() {
    return tenures.stream().mapToInt(tenure -> tenure.executions().size()).sum();
  }

  @Override
  public int close(Duration patience) {
    return close(List.of(this), patience);
  }

  /** Closes runners together: none goes on claiming while another one finishes its steps. */
  static int close(List<LeasedRunner> runners, Duration patience) {
    Deadline deadline = Deadline.after(patience);
    runners.forEach(
        runner -> {
          runner.isClosing = true;
          runner.claimer.stop();
        });
    for (LeasedRunner runner : runners) {
      boolean unused = runner.claimer.close(deadline.left());
      runner.awaitExecutions(deadline);
    }
    return runners.stream().mapToInt(LeasedRunner::end).sum();
  }

  /** Returns a sentence for an operator for each step that ignores its interrupt. */
  List<String> notices() {
    return slots.notices();
  }

  /** Returns how many steps were under way. */
  private int end() {
    int left = 0;
    for (Tenure tenure : tenures) {
      left += (int) tenure.executions().stream().filter(SagaExecution::isAttempting).count();
      tenure.executions().forEach(SagaExecution::lose);
    }
    awaitExecutions(Deadline.after(STOP));
    boolean unused = renewer.close(STOP);
    for (Tenure tenure : tenures) {
      endNow(tenure);
    }
    timer.shutdownNow();
    slots.close();
    closed.accept(this);
    return left;
  }

  private void endNow(Tenure tenure) {
    try {
      tenure.end(around.store());
    } catch (PersistenceException e) {
      LOG.info("the runs of {} are taken over when its lease ends", tenure.holder(), e);
    }
  }

  private void awaitExecutions(Deadline deadline) {
    while (running() > 0 && !deadline.hasPassed()) {
      try {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
