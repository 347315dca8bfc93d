package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that write rising numbers until they are stopped: every other one waits for each
 * acknowledgement, the rest are pipelined. Each thread has keys of its own, so that the numbers of
 * a key only rise.
 */
final class Writers implements AutoCloseable {

  /** How many writes a pipelined thread has under way. */
  private static final int WINDOW = 32;

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(10);

  /** Which keys are written. */
  enum Keys {
    /** The same few, again and again. */
    OVERWRITTEN,
    /** Each only once. */
    ONCE
  }

  private final StateRepository<Long> states;
  private final List<AgentId> agents;
  private final Keys keys;
  private final long firstNumber;
  private final Outcomes outcomes;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;
  private volatile @Nullable Throwable unexpected;

  private Writers(
      StateRepository<Long> states,
      List<AgentId> agents,
      Keys keys,
      long firstNumber,
      Outcomes outcomes) {
    this.states = states;
    this.agents = agents;
    this.keys = keys;
    this.firstNumber = firstNumber;
    this.outcomes = outcomes;
  }

  static Writers start(
      int count,
      StateRepository<Long> states,
      List<AgentId> agents,
      Keys keys,
      long firstNumber,
      Outcomes outcomes) {
    Writers writers = new Writers(states, agents, keys, firstNumber, outcomes);
    for (int i = 0; i < count; i++) {
      int number = i;
      Thread thread =
          new Thread(() -> writers.run(number), "fault-writer-" + firstNumber + "-" + number);
      thread.setDaemon(true);
      writers.threads.add(thread);
      thread.start();
    }
    return writers;
  }

  private void run(int thread) {
    try {
      long number = firstNumber;
      while (!stopped) {
        if (thread % 2 == 0) {
          number = writePipelined(thread, number);
        } else {
          write(thread, number++);
        }
      }
    } catch (RuntimeException | Error e) {
      unexpected = e;
    }
  }

  private void write(int thread, long number) {
    StateKey key = key(thread, number);
    try {
      outcomes.acknowledged(key, states.save(key, number).revision(), number);
    } catch (PersistenceException e) {
      outcomes.failed(key, number, e);
      pause();
    }
  }

  private long writePipelined(int thread, long first) {
    List<CompletableFuture<Boolean>> writes = new ArrayList<>();
    for (long number = first; number < first + WINDOW; number++) {
      StateKey key = key(thread, number);
      long written = number;
      writes.add(
          states
              .saveAsync(key, number, SaveOptions.unconditional())
              .handle((saved, failure) -> outcome(key, written, saved, failure)));
    }
    boolean allWritten = true;
    for (CompletableFuture<Boolean> write : writes) {
      allWritten &= write.join();
    }
    if (!allWritten) {
      pause();
    }
    return first + WINDOW;
  }

  private boolean outcome(
      StateKey key, long number, @Nullable Versioned<Long> saved, @Nullable Throwable failure) {
    if (saved != null) {
      outcomes.acknowledged(key, saved.revision(), number);
      return true;
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof PersistenceException e) {
      outcomes.failed(key, number, e);
      return false;
    }
    throw new IllegalStateException("write of " + key + " failed untyped", cause);
  }

  private static void pause() {
    LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
  }

  private StateKey key(int thread, long number) {
    AgentId agent = agents.get(Math.floorMod(number + thread, agents.size()));
    String name =
        keys == Keys.ONCE ? "once" + thread + "-" + number : "t" + thread + "-" + number % 61;
    return StateKey.of(agent, name);
  }

  @Override
  public void close() {
    stop();
  }

  /** Waits for the writes under way; fails when a write failed in an untyped way. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(30).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " hangs");
      }
    }
    if (unexpected != null) {
      throw new IllegalStateException("a writer failed", unexpected);
    }
  }
}
