package io.mistersmith.persistence.saga;

import java.time.Duration;

/**
 * Carries runs of sagas on: those that are started, and those whose runner is gone. Close it before
 * its {@link io.mistersmith.persistence.Persistence}. Thread-safe.
 *
 * <p>Any number of runners of any number of processes share the work; there is no coordinator. A
 * runner has a lease by the database's clock. When it does not renew it, the others take its runs
 * over, each with a higher run number, without which no row of a log is written.
 */
public interface SagaRunner extends AutoCloseable {

  /**
   * How a runner works.
   *
   * @param concurrency how many runs it carries on at a time
   * @param poll how long it waits at most before it looks for runs again, when it was not woken
   * @param lease after which time without a renewal the others take its runs over
   */
  record Options(int concurrency, Duration poll, Duration lease) {

    /** Checks the values. */
    public Options {
      if (concurrency < 1 || concurrency > 1_000) {
        throw new IllegalArgumentException(
            "saga runner: concurrency " + concurrency + "; give it 1 to 1000");
      }
      if (poll.compareTo(Duration.ofMillis(10)) < 0) {
        throw new IllegalArgumentException("saga runner: poll " + poll + "; give it 10 ms or more");
      }
      if (lease.compareTo(Duration.ofMillis(500)) < 0) {
        throw new IllegalArgumentException(
            "saga runner: lease " + lease + "; give it 500 ms or more");
      }
    }

    /** Returns a runner of so many runs at a time, which polls every half second. */
    public static Options of(int concurrency) {
      return new Options(concurrency, Duration.ofMillis(500), Duration.ofSeconds(2));
    }

    /** Returns a copy that polls in this interval. */
    public Options withPoll(Duration interval) {
      return new Options(concurrency, interval, lease);
    }

    /** Returns a copy with another lease. */
    public Options withLease(Duration length) {
      return new Options(concurrency, poll, length);
    }
  }

  /** Has it look for runs soon. Calls in quick succession count as one. */
  void wake();

  /** Returns how many runs it carries on at present. */
  int running();

  /**
   * Takes no more runs on, and waits for the steps that are under way. When the time is over it
   * interrupts them. What is left goes on in other runners at once, or in the next one.
   *
   * @return how many steps had not ended
   */
  int close(Duration patience);

  /** Closes within 10 seconds. */
  @Override
  default void close() {
    int unused = close(Duration.ofSeconds(10));
  }
}
