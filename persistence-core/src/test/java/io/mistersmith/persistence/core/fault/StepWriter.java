package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** Writes one number after the other to all keys of one agent, each in one step. */
final class StepWriter implements AutoCloseable {

  static final StateType<Long> TYPE = StateType.of("step", Long.class);

  /** Enough for a kill to fall between two of them. */
  static final int KEYS = 12;

  private final Persistence persistence;
  private final AgentId agent;
  private final LongConsumer acknowledged;
  private final Thread thread;
  private volatile boolean stopped;
  private long number;

  /** Begins with the number after {@code first}; a number is used once, acknowledged or not. */
  StepWriter(Persistence persistence, AgentId agent, long first, LongConsumer acknowledged) {
    this.persistence = persistence;
    this.agent = agent;
    this.number = first;
    this.acknowledged = acknowledged;
    this.thread = new Thread(this::write, "steps-of-" + agent);
    thread.start();
  }

  static List<StateKey> keys(AgentId agent) {
    return IntStream.range(0, KEYS).mapToObj(i -> StateKey.of(agent, "k" + i)).toList();
  }

  private void write() {
    while (!stopped) {
      number++;
      try {
        Step step = persistence.step();
        keys(agent).forEach(key -> step.save(TYPE, key, number));
        step.commit();
        acknowledged.accept(number);
      } catch (PersistenceException e) {
        rest();
      }
    }
  }

  private void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      stopped = true;
    }
  }

  @Override
  public void close() {
    stopped = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
