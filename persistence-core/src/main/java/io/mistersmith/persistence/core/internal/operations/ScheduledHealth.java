package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.operations.CheckGroup.Result;
import io.mistersmith.persistence.event.MonitoringEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Health;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadPoolExecutor;

/** The health as of the last check, which is made again and again. Thread-safe. */
public final class ScheduledHealth implements Health {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Not at once: a runtime that opens has better use for its servers. */
  private static final Duration FIRST = Duration.ofSeconds(2);

  /** The period of other services, so that it costs no wake-up of its own. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final List<CheckGroup> groups;
  private final AnsweredChecks answered = new AnsweredChecks();
  private final Duration interval;
  private final long staleNanos;
  private final PersistenceListener listener;
  private final Clock clock;
  private final Ticker ticker;
  private final ThreadPoolExecutor executor;
  private final PeriodicService service;
  private long due;
  private volatile Last last;

  /** A report, and when it was made. */
  private record Last(Report report, long nanos) {}

  /** Checks all groups, the groups side by side, once in each interval. */
  ScheduledHealth(
      List<CheckGroup> groups,
      Duration interval,
      PersistenceListener listener,
      Clock clock,
      Ticker ticker,
      Services services) {
    this.groups = groups;
    this.interval = interval;
    this.staleNanos = interval.multipliedBy(3).plus(PATIENCE).toNanos();
    this.listener = listener;
    this.clock = clock;
    this.ticker = ticker;
    this.executor = LibraryThreads.onDemand("persistence-health", groups.size());
    this.due = ticker.nanos() + (interval.compareTo(FIRST) < 0 ? interval : FIRST).toNanos();
    this.last =
        new Last(
            new Report(
                clock.instant(),
                List.of(
                    new Component(
                        CHECKS,
                        Status.HEALTHY,
                        Optional.empty(),
                        "the runtime was opened, and the first check is made soon"))),
            ticker.nanos());
    this.service =
        services.every(
            interval.compareTo(LOOK) < 0 ? interval : LOOK,
            "persistence-health",
            "the health is not checked",
            this::checkIfDue);
  }

  /** Begins. */
  public void start() {
    service.start();
  }

  private void checkIfDue() {
    long now = ticker.nanos();
    if (due - now <= 0) {
      due = now + interval.toNanos();
      Report unused = check();
    }
  }

  @Override
  public Report latest() {
    Last known = last;
    long age = ticker.nanos() - known.nanos();
    return age <= staleNanos ? known.report() : stale(known.report(), Duration.ofNanos(age));
  }

  private Report stale(Report report, Duration age) {
    List<Component> components = new ArrayList<>(report.components());
    components.removeIf(component -> component.name().equals(CHECKS));
    components.add(
        new Component(
            CHECKS,
            Status.UNHEALTHY,
            Optional.empty(),
            "the last check is %d s old, although one is due every %s: the process is starved or was"
                    .formatted(age.toSeconds(), interval)
                + " paused, or the runtime is closed; take a stack dump"));
    return new Report(report.at(), components);
  }

  @Override
  public Report check() {
    Report report;
    Status before;
    synchronized (groups) {
      before = last.report().status();
      if (executor.isShutdown()) {
        return latest();
      }
      report = round();
      last = new Last(report, ticker.nanos());
    }
    listener.on(new MonitoringEvent.HealthChecked(report, before));
    return report;
  }

  private Report round() {
    Deadline deadline = Deadline.after(PATIENCE);
    groups.forEach(group -> group.begin(executor));
    List<Component> components = new ArrayList<>();
    for (CheckGroup group : groups) {
      List<Result> results = group.results(deadline);
      answered.count(results);
      results.forEach(result -> components.addAll(result.components()));
    }
    components.add(answered.component());
    return new Report(clock.instant(), components);
  }

  /** Ends the checks, those under way too. */
  public void close(Duration patience) {
    executor.shutdownNow();
    boolean unused = service.close(patience);
  }
}
