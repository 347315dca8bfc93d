package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Turn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The runs of jobs: those of all runtimes where the store keeps them, and else those of this one.
 * Thread-safe.
 */
final class JobHistory {

  private static final int KEPT = 100;

  private final UpkeepStore store;
  private final String runtime;
  private final Ticker ticker;
  private final Map<String, Long> began = new HashMap<>();
  private final Map<String, Deque<Run>> own = new HashMap<>();

  /** The runs in {@code store}, and those of the runtime of this name. */
  JobHistory(UpkeepStore store, String runtime, Ticker ticker) {
    this.store = store;
    this.runtime = runtime;
    this.ticker = ticker;
  }

  String runtime() {
    return runtime;
  }

  /**
   * A turn, and where its end is to be recorded.
   *
   * @param kept whether the store keeps it
   */
  record Begun(Turn turn, boolean kept) {}

  /** Begins a run, unless the job began less than {@code every} ago. */
  Begun begin(String job, Duration every) {
    return store.keepsRuns()
        ? new Begun(store.begin(job, runtime, every), true)
        : new Begun(beginHere(job, every), false);
  }

  private synchronized Turn beginHere(String job, Duration every) {
    long now = ticker.nanos();
    Long last = began.get(job);
    Duration left = last == null ? Duration.ZERO : every.minusNanos(now - last);
    if (left.compareTo(Duration.ZERO) > 0) {
      return new Turn(Optional.empty(), left);
    }
    began.put(job, now);
    return new Turn(Optional.of(UUID.randomUUID()), every);
  }

  /** Ends a run. */
  void end(UUID id, boolean kept, Run run) {
    if (kept) {
      store.end(id, run.took(), run.outcome(), run.detail());
    } else {
      endHere(run);
    }
  }

  private synchronized void endHere(Run run) {
    Deque<Run> runs = own.computeIfAbsent(run.job(), job -> new ArrayDeque<>());
    runs.addFirst(run);
    if (runs.size() > KEPT) {
      runs.removeLast();
    }
  }

  /** Returns the last run of each job that has one. */
  Map<String, Run> latest() {
    Map<String, Run> latest = new HashMap<>();
    if (store.keepsRuns()) {
      store.latest().forEach(run -> latest.put(run.job(), run));
    } else {
      synchronized (this) {
        own.forEach((job, runs) -> latest.put(job, runs.getFirst()));
      }
    }
    return latest;
  }

  /** Returns the latest runs of a job, newest first. */
  List<Run> runs(String job, int most) {
    return store.keepsRuns() ? store.runs(job, most) : runsHere(job, most);
  }

  private synchronized List<Run> runsHere(String job, int most) {
    return own.getOrDefault(job, new ArrayDeque<>()).stream().limit(most).toList();
  }
}
