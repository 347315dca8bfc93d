package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A time in which a runner owns runs under one name, as long as it has the lease of that name. A
 * runner begins another one, with another name, when it lost the lease, or when it cannot tell
 * which runs it owns: those that it does not know of become free with the old name. Thread-safe,
 * except {@link #renew} and {@link #end}.
 */
final class Tenure {

  private final String holder = UUID.randomUUID().toString();
  private final Set<SagaExecution> executions = ConcurrentHashMap.newKeySet();
  private final Lease lease;
  private volatile boolean lost;
  private volatile boolean begun;

  Tenure(JournalStore journals, Duration length) {
    this.lease = new Lease(journals, SagaStore.leaseOf(holder), holder, length);
  }

  /** Returns the name. */
  String holder() {
    return holder;
  }

  boolean isHeld() {
    return !lost && lease.isHeld();
  }

  /** Whether the lease was had, and is not any more. */
  boolean isOver() {
    return begun && !lease.isHeld();
  }

  /**
   * Renews the lease.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer;
   *     the lease is held then until it ends
   */
  void renew() {
    begun |= lease.ask();
  }

  void add(SagaExecution execution) {
    executions.add(execution);
    if (lost) {
      execution.lose();
    }
  }

  void remove(SagaExecution execution) {
    executions.remove(execution);
  }

  Set<SagaExecution> executions() {
    return executions;
  }

  /** Ends all executions: others take their runs over. */
  void lose() {
    lost = true;
    executions.forEach(SagaExecution::lose);
  }

  /** Gives up the lease, and the runs that have this name. */
  void end(SagaStore store) {
    if (isHeld()) {
      int unused = store.release(holder);
    }
    lease.release();
  }
}
