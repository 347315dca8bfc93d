package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Reports how long entries waited for PostgreSQL. Entries from before this process began are
 * reported apart: they waited for it to be started, which says nothing about the engine. Entries of
 * the warm-up are left out.
 */
final class LagReporter implements PersistenceListener {

  private final Consumer<WriterReport> reports;
  private final long began = System.nanoTime();
  private volatile long measuring = Long.MAX_VALUE;

  LagReporter(Consumer<WriterReport> reports) {
    this.reports = reports;
  }

  /** The warm-up is over: entries that are written from now on count. */
  void measure() {
    measuring = System.nanoTime();
  }

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.Flushed report) {
      long now = System.nanoTime();
      long sinceBegin = now - began;
      long sinceMeasuring = measuring == Long.MAX_VALUE ? Long.MIN_VALUE : now - measuring;
      Map<Long, Integer> entries = new TreeMap<>();
      Map<Long, Integer> backlog = new TreeMap<>();
      report
          .lagNanos()
          .forEach(
              lag -> {
                long millis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, lag));
                if (lag > sinceBegin) {
                  backlog.merge(millis, 1, Integer::sum);
                } else if (lag < sinceMeasuring) {
                  entries.merge(millis, 1, Integer::sum);
                }
              });
      reports.accept(new WriterReport.Flushed(entries, backlog));
    }
  }
}
