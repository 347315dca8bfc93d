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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that write rising numbers until they are stopped: every other one waits for each
 * acknowledgement, the rest are pipelined. Each thread has keys of its own, so that the numbers of
 * a key only rise. A paced thread waits for each acknowledgement, and a while after it.
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
  private final Duration pace;
  private final Turns turns;

  private Writers(
      int count,
      StateRepository<Long> states,
      List<AgentId> agents,
      Keys keys,
      long firstNumber,
      Outcomes outcomes,
      Duration pace) {
    this.states = states;
    this.agents = agents;
    this.keys = keys;
    this.firstNumber = firstNumber;
    this.outcomes = outcomes;
    this.pace = pace;
    this.turns = Turns.start(count, "fault-writer-" + firstNumber, this::turns);
  }

  static Writers start(
      int count,
      StateRepository<Long> states,
      List<AgentId> agents,
      Keys keys,
      long firstNumber,
      Outcomes outcomes) {
    return new Writers(count, states, agents, keys, firstNumber, outcomes, Duration.ZERO);
  }

  /** Starts one thread that waits as long after each write. */
  static Writers paced(
      Duration pace,
      StateRepository<Long> states,
      List<AgentId> agents,
      Keys keys,
      Outcomes outcomes) {
    return new Writers(1, states, agents, keys, 0, outcomes, pace);
  }

  private Runnable turns(int thread) {
    AtomicLong next = new AtomicLong(firstNumber);
    if (!pace.isZero()) {
      return () -> {
        write(thread, next.getAndIncrement());
        LockSupport.parkNanos(pace.toNanos());
      };
    }
    return thread % 2 == 0
        ? () -> writePipelined(thread, next.getAndAdd(WINDOW))
        : () -> write(thread, next.getAndIncrement());
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

  private void writePipelined(int thread, long first) {
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
    turns.stop();
  }
}
