package io.mistersmith.persistence.task;

import java.time.Duration;
import java.util.Map;

/**
 * Claims tasks and runs them, a bounded number at a time, renewing their leases. Close it before
 * its {@link io.mistersmith.persistence.Persistence}. Thread-safe.
 */
public interface TaskWorker extends AutoCloseable {

  /** Runs tasks. */
  @FunctionalInterface
  interface Handler {

    /**
     * Runs a task. What it throws fails the attempt; a thread whose lease was lost is interrupted.
     *
     * <p>It may end the attempt itself, by {@link
     * io.mistersmith.persistence.transaction.Transaction#tasks()} of the same {@code Persistence}
     * for instance, together with its other rows. Once that is committed, what it returns or throws
     * counts no more.
     *
     * @return the result, a JSON object; may be empty
     */
    Map<String, Object> run(TaskLease lease) throws Exception;
  }

  /**
   * How a worker works.
   *
   * @param claim which tasks it claims; its limit is the most that one claim takes
   * @param concurrency how many tasks it runs at a time
   * @param poll how long it waits at most before it looks for tasks again, when it was not woken
   */
  record Options(TaskClaim claim, int concurrency, Duration poll) {

    /** Checks the values. */
    public Options {
      if (concurrency < 1) {
        throw new IllegalArgumentException(
            "worker: concurrency " + concurrency + " is not positive");
      }
      if (poll.isNegative() || poll.isZero()) {
        throw new IllegalArgumentException("worker: poll " + poll + " is not positive");
      }
    }

    /** Returns a worker for these tasks, so many at a time, that polls every second. */
    public static Options of(TaskClaim claim, int concurrency) {
      return new Options(claim, concurrency, Duration.ofSeconds(1));
    }

    /** Returns a copy that polls in this interval. */
    public Options withPoll(Duration interval) {
      return new Options(claim, concurrency, interval);
    }
  }

  /** Has it look for tasks soon. Calls in quick succession count as one. */
  void wake();

  /** Returns how many tasks it runs at present. */
  int running();

  /**
   * Claims no more tasks and waits for those that it runs. When the time is over it interrupts
   * them; their leases then expire, or their failures are recorded.
   *
   * @return how many were still running when the time was over, or have ends that are not recorded
   */
  int close(Duration patience);

  /** {@link #close(Duration)} with 30 seconds. */
  @Override
  default void close() {
    int unused = close(Duration.ofSeconds(30));
  }
}
