package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The upkeep by one runtime for all. The runtime that has the lease runs the jobs; when it is gone,
 * another one has the lease after twenty seconds at most. When a job is due the store decides, so
 * that a change of the runtime does not run it twice. Thread-safe.
 */
public final class LeasedUpkeep implements Upkeep {

  private static final Logger LOG = LoggerFactory.getLogger(LeasedUpkeep.class);

  /** The name of the lease, beside those of the journals. */
  static final String LEASE = "upkeep";

  private static final Duration LEASED = Duration.ofSeconds(15);

  /** The period of other services, so that it costs no wake-up of its own. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final SortedMap<String, UpkeepJob> jobs = new TreeMap<>();
  private final MonitoringConfig config;
  private final JobHistory history;
  private final JobTurns turns;
  private final Lease lease;
  private final PeriodicService holder;
  private final PeriodicService worker;
  private final PeriodicService applicationWorker;

  /**
   * Looks after the database by statements of {@code background}.
   *
   * @throws NonTransientPersistenceException {@code MISCONFIGURED} when the configuration switches
   *     off a job that there is not, or adds one that there is
   */
  public LeasedUpkeep(
      Collection<UpkeepJob> jobs,
      SqlAccess background,
      MonitoringConfig config,
      String runtime,
      PersistenceListener listener,
      Clock clock,
      Services services) {
    jobs.forEach(job -> this.jobs.put(job.name(), job));
    this.config = config;
    addGiven(config);
    requireKnown(config);
    this.history = new JobHistory(background.upkeep(), runtime, Ticker.SYSTEM);
    this.turns = new JobTurns(history, listener, clock, Ticker.SYSTEM);
    this.lease = new Lease(background.journals(), LEASE, runtime + "-" + UUID.randomUUID(), LEASED);
    this.holder =
        services.every(
            LOOK, "persistence-upkeep-lease", "this runtime does no upkeep", this::holdLease);
    this.worker =
        services.every(
            LOOK,
            "persistence-upkeep",
            "jobs of the upkeep are not run",
            () -> work(false, this::goesOn));
    this.applicationWorker =
        services.every(
            LOOK,
            "persistence-upkeep-application",
            "jobs of the application are not run",
            () -> work(true, this::applicationGoesOn));
  }

  private void addGiven(MonitoringConfig configured) {
    for (MonitoringConfig.Job given : configured.jobs()) {
      if (jobs.putIfAbsent(given.name(), new ApplicationJob(given)) != null) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            "monitoring.job names " + given.name() + ", which is a job of the library's own");
      }
    }
  }

  private void requireKnown(MonitoringConfig configured) {
    TreeSet<String> unknown = new TreeSet<>(configured.switchedOff());
    unknown.removeAll(jobs.keySet());
    if (!unknown.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "monitoring.switchOff names " + unknown + "; the jobs are " + jobs.keySet());
    }
  }

  /** Begins, unless the configuration keeps this runtime out of the upkeep. */
  public void start() {
    if (config.upkeep()) {
      holder.start();
      worker.start();
      if (hasLastingJobs()) {
        applicationWorker.start();
      }
    }
  }

  private boolean hasLastingJobs() {
    return jobs.values().stream().anyMatch(UpkeepJob::lasts);
  }

  private void holdLease() {
    applicationWorker.alive(); // its jobs last: a backup is not stuck
    boolean before = lease.isHeld();
    try {
      if (lease.ask() && !before) {
        turns.forget();
        worker.wake();
        if (hasLastingJobs()) {
          applicationWorker.wake();
        }
      }
    } catch (PersistenceException e) {
      LOG.debug("the lease of the upkeep is asked for again", e);
    }
  }

  private void work(boolean lasting, BooleanSupplier onward) {
    if (!lease.isHeld()) {
      return;
    }
    try {
      turns.take(
          jobs.values().stream().filter(job -> job.lasts() == lasting && isEnabled(job)).toList(),
          onward);
    } catch (PersistenceException e) {
      LOG.debug("jobs of the upkeep are run at the next turn", e);
    }
  }

  private boolean goesOn() {
    worker.alive();
    return worker.isOpen() && lease.isHeld();
  }

  private boolean applicationGoesOn() {
    applicationWorker.alive();
    return applicationWorker.isOpen() && lease.isHeld();
  }

  private boolean isEnabled(UpkeepJob job) {
    return config.upkeep() && !config.switchedOff().contains(job.name());
  }

  /** Returns whether this runtime does the upkeep for all. */
  public boolean isLeading() {
    return lease.isHeld();
  }

  @Override
  public List<Job> jobs() {
    Map<String, Run> latest = history.latest();
    return jobs.values().stream()
        .map(
            job ->
                new Job(
                    job.name(),
                    job.purpose(),
                    job.every(),
                    isEnabled(job),
                    Optional.ofNullable(latest.get(job.name()))))
        .toList();
  }

  @Override
  public List<Run> runs(String job, int most) {
    return history.runs(find(job).name(), most);
  }

  @Override
  public Run run(String job) {
    return turns.runNow(find(job));
  }

  private UpkeepJob find(String name) {
    UpkeepJob job = jobs.get(name);
    if (job == null) {
      throw new IllegalArgumentException(
          "there is no job " + name + "; there are " + jobs.keySet());
    }
    return job;
  }

  /** Stops after the job under way, within the time, so that another runtime goes on. */
  public void close(Duration patience) {
    applicationWorker.stop();
    boolean idle = worker.close(patience);
    boolean ended = applicationWorker.close(patience);
    boolean kept = holder.close(patience);
    if (idle && ended && kept && lease.isHeld()) {
      lease.release();
    }
  }
}
