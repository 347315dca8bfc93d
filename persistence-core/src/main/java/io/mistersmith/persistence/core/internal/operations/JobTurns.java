package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.operations.JobHistory.Begun;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.MonitoringEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs jobs when they are due, and records what came of each. Thread-safe. */
final class JobTurns {

  private static final Logger LOG = LoggerFactory.getLogger(JobTurns.class);

  private final JobHistory history;
  private final PersistenceListener listener;
  private final Clock clock;
  private final Ticker ticker;
  private final Map<String, Long> due = new ConcurrentHashMap<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();

  /** Records runs in {@code history}, and sends each to {@code listener}. */
  JobTurns(JobHistory history, PersistenceListener listener, Clock clock, Ticker ticker) {
    this.history = history;
    this.listener = listener;
    this.clock = clock;
    this.ticker = ticker;
  }

  /** Forgets when jobs are due, since another runtime may have run them. */
  void forget() {
    due.clear();
  }

  /** Runs each job that is due, one after the other, while {@code goesOn} says so. */
  void take(Collection<UpkeepJob> jobs, BooleanSupplier goesOn) {
    for (UpkeepJob job : jobs) {
      Long at = due.get(job.name());
      if (at != null && at - ticker.nanos() > 0) {
        continue;
      }
      if (!goesOn.getAsBoolean()) {
        return;
      }
      Optional<Run> unused = runIfDue(job, job.every());
    }
  }

  /** Runs a job, whenever it ran last. */
  Run runNow(UpkeepJob job) {
    return runIfDue(job, Duration.ZERO)
        .orElseThrow(() -> new IllegalStateException(job.name() + " began in the future"));
  }

  private Optional<Run> runIfDue(UpkeepJob job, Duration every) {
    Begun begun = history.begin(job.name(), every);
    Duration next = begun.turn().run().isPresent() ? job.every() : begun.turn().due();
    due.put(job.name(), ticker.nanos() + next.toNanos());
    return begun.turn().run().map(id -> run(job, id, begun.kept()));
  }

  private Run run(UpkeepJob job, UUID id, boolean kept) {
    Instant startedAt = clock.instant();
    long began = ticker.nanos();
    Result result;
    try {
      result = result(job);
    } catch (Error e) {
      Run unused = end(job, id, kept, startedAt, began, new Result(Outcome.FAILED, e.toString()));
      throw e;
    }
    return end(job, id, kept, startedAt, began, result);
  }

  private record Result(Outcome outcome, String detail) {}

  private Result result(UpkeepJob job) {
    try {
      Optional<String> did = job.run();
      failing.remove(job.name());
      return did.map(what -> new Result(Outcome.DONE, what))
          .orElseGet(() -> new Result(Outcome.SKIPPED, "it needs " + job.needs()));
    } catch (RuntimeException e) {
      report(job, e);
      return new Result(
          Outcome.FAILED,
          e instanceof PersistenceException ? String.valueOf(e.getMessage()) : e.toString());
    }
  }

  private Run end(
      UpkeepJob job, UUID id, boolean kept, Instant startedAt, long began, Result result) {
    Run run =
        new Run(
            job.name(),
            history.runtime(),
            startedAt,
            Duration.ofNanos(ticker.nanos() - began),
            result.outcome(),
            result.detail());
    try {
      history.end(id, kept, run);
    } finally {
      listener.on(new MonitoringEvent.JobRan(run));
    }
    return run;
  }

  /** The first failure in a row is for an operator; the runs have the others. */
  private void report(UpkeepJob job, RuntimeException failure) {
    if (!failing.add(job.name())) {
      LOG.debug("job {} failed again", job.name(), failure);
    } else if (failure instanceof PersistenceException) {
      LOG.warn(
          "job {} failed, it runs again in {}: {}", job.name(), job.every(), failure.getMessage());
    } else {
      LOG.warn("job {} failed, it runs again in {}", job.name(), job.every(), failure);
    }
  }
}
