package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.spi.sql.TaskStore;
import java.time.Duration;

/**
 * Does what is due for the tasks, on behalf of all runtimes: each does it, and passes over what
 * another one is doing. For one thread.
 */
public final class Tender {

  private static final int AT_ONCE = 500;
  private static final long AFTER_BUSY = Duration.ofSeconds(10).toNanos();

  private final TaskStore store;
  private final Ticker ticker;
  private final Runnable changed;
  private long recycleAt;

  /** Tends the tasks of {@code store}; {@code changed} runs when a task may be claimable now. */
  public Tender(TaskStore store, Ticker ticker, Runnable changed) {
    this.store = store;
    this.ticker = ticker;
    this.changed = changed;
    this.recycleAt = ticker.nanos();
  }

  /** Takes a turn. It recycles also when a task could not be tended. */
  public void tend() {
    try {
      tendTasks();
    } catch (RuntimeException e) {
      try {
        recycle();
      } catch (RuntimeException other) {
        e.addSuppressed(other);
      }
      throw e;
    }
    recycle();
  }

  private void tendTasks() {
    int tended;
    do {
      tended = store.tend(AT_ONCE);
      if (tended > 0) {
        changed.run();
      }
    } while (tended >= AT_ONCE);
  }

  private void recycle() {
    if (ticker.nanos() - recycleAt >= 0 && !store.recycle()) {
      recycleAt = ticker.nanos() + AFTER_BUSY;
    }
  }
}
