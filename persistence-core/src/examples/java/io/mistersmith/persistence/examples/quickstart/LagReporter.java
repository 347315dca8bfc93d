package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Tells how long entries waited for PostgreSQL. What an earlier writer left behind waited for this
 * one to be started, which says nothing about the engine: it is told apart.
 */
final class LagReporter implements PersistenceListener {

  private final Reports reports;
  private volatile long opened = Long.MAX_VALUE;

  LagReporter(Reports reports) {
    this.reports = reports;
  }

  /** From now on this process writes. */
  void opened() {
    opened = System.nanoTime();
  }

  @Override
  public void onFlushed(FlushReport report) {
    long open = opened == Long.MAX_VALUE ? 0 : System.nanoTime() - opened;
    Map<Long, Integer> entries = new TreeMap<>();
    Map<Long, Integer> backlog = new TreeMap<>();
    report
        .lagNanos()
        .forEach(
            lag ->
                (lag > open ? backlog : entries)
                    .merge(TimeUnit.NANOSECONDS.toMillis(Math.max(0, lag)), 1, Integer::sum));
    reports.send(new WriterReport.Flushed(entries, backlog));
  }
}
