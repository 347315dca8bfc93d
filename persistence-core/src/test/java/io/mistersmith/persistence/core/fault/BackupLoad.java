package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * About a thousand writes a second: threads that write rising numbers to a few keys of an agent of
 * their own, and delete each tenth key again, until they are stopped.
 */
final class BackupLoad implements AutoCloseable {

  private static final int THREADS = 5;
  private static final long PERIOD_NANOS = Duration.ofMillis(5).toNanos();
  private static final int KEYS = 61;

  private final StateRepository<Long> states;
  private final List<AgentId> agents;
  private final BackupLedger ledger;
  private final Turns turns;

  private BackupLoad(StateRepository<Long> states, List<AgentId> agents, BackupLedger ledger) {
    this.states = states;
    this.agents = agents;
    this.ledger = ledger;
    this.turns = Turns.start(agents.size(), "backup-load", this::turns);
  }

  /** Starts a thread for each agent. */
  static BackupLoad start(StateRepository<Long> states, List<AgentId> agents, BackupLedger ledger) {
    return new BackupLoad(states, agents, ledger);
  }

  /** Returns how many agents it needs. */
  static int agents() {
    return THREADS;
  }

  private Runnable turns(int thread) {
    AtomicLong next = new AtomicLong();
    AtomicLong due = new AtomicLong(System.nanoTime());
    return () -> {
      write(agents.get(thread), next.getAndIncrement());
      long left = due.addAndGet(PERIOD_NANOS) - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(left);
      }
    };
  }

  private void write(AgentId agent, long number) {
    StateKey key = StateKey.of(agent, "key-" + number % KEYS);
    ledger.acknowledged(key, states.save(key, number).revision(), number);
    if (number % 10 == 0) {
      StateKey deleted = StateKey.of(agent, "gone-" + number);
      ledger.acknowledged(deleted, states.save(deleted, number).revision(), number);
      ledger.acknowledged(deleted, delete(deleted), BackupLedger.DELETED);
    }
  }

  private Revision delete(StateKey key) {
    Map<StateKey, DataResult<Optional<Revision>>> rows = states.deleteAll(List.of(key));
    return rows.values().iterator().next().orElseThrow().orElseThrow();
  }

  /** Waits for the writes under way; fails when one failed. */
  void stop() {
    turns.stop();
  }

  @Override
  public void close() {
    turns.close();
  }
}
