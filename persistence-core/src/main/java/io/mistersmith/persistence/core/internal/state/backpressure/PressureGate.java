package io.mistersmith.persistence.core.internal.state.backpressure;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Admission;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Open, or closed for a reason. A write that finds it open pays for the reading of one volatile
 * field. It opens below the limit that closed it, so that it does not flap. Thread-safe.
 */
public final class PressureGate implements Admission {

  private final String bucket;
  private final BackpressureConfig config;
  private final Commits commits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile @Nullable String reason;
  private volatile boolean ended;

  /** An open gate before {@code bucket}. */
  public PressureGate(String bucket, BackpressureConfig config, Commits commits) {
    this.bucket = bucket;
    this.config = config;
    this.commits = commits;
  }

  @Override
  public boolean enter(StateKey key) {
    String why = reason;
    return why != null && enterClosed(key, why);
  }

  private boolean enterClosed(StateKey key, String why) {
    if (config.policy() == BackpressureConfig.Policy.WRITE_THROUGH) {
      return true;
    }
    if (config.policy() == BackpressureConfig.Policy.BLOCK) {
      why = awaitOpen(key, why);
    }
    if (why != null) {
      throw new TransientPersistenceException(
          DataError.BACKLOG_EXCEEDED,
          "bucket " + bucket + ", key " + key + ": not written, because " + why);
    }
    return false;
  }

  /** Waits until the gate opens; returns null then, and else why it is closed. */
  private @Nullable String awaitOpen(StateKey key, String first) {
    String why = first;
    Deadline deadline = Deadline.after(config.maxWait());
    lock.lock();
    try {
      while (why != null && !ended && !deadline.hasPassed()) {
        long nanos = deadline.left(config.maxWait()).toNanos();
        if (changed.awaitNanos(nanos) <= 0) {
          return reason;
        }
        why = reason;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.BACKLOG_EXCEEDED,
          "bucket " + bucket + ", key " + key + ": not written, interrupted while " + first,
          e);
    } finally {
      lock.unlock();
    }
    if (ended) {
      throw new NonTransientPersistenceException(
          DataError.CLOSED, "bucket " + bucket + ", key " + key + ": not written, it was closed");
    }
    return why;
  }

  @Override
  public Runnable commitOf(Map<StateKey, Revision.OfJournal> writes) {
    Deadline deadline = Deadline.after(config.maxWait());
    return () -> commits.awaitStep(writes, deadline.left());
  }

  /**
   * Opens or closes by what waits now; tells why it is closed when that has just begun or ended.
   */
  Optional<Change> decide(Backlog backlog) {
    String before = reason;
    String now = excess(backlog, before == null ? 1 : config.resumeAt());
    reason = before != null && now != null ? before : now;
    if ((before == null) == (now == null)) {
      return Optional.empty();
    }
    wakeAll();
    return Optional.of(new Change(now != null, now == null ? "" : now));
  }

  /** Releases the waiting writers; their writes fail as closed. */
  public void end() {
    ended = true;
    wakeAll();
  }

  /** Whether the gate closed or opened, and why. */
  record Change(boolean closed, String reason) {}

  private void wakeAll() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable String excess(Backlog backlog, double share) {
    if (backlog.messages() > config.maxEntries() * share) {
      return backlog.messages()
          + " entries wait for PostgreSQL, over the limit backpressure.maxEntries of "
          + config.maxEntries();
    }
    if (backlog.bytes() > config.maxBytes() * share) {
      return "about "
          + backlog.bytes()
          + " bytes wait for PostgreSQL, over the limit backpressure.maxBytes of "
          + config.maxBytes();
    }
    Duration limit = Duration.ofNanos((long) (config.maxAge().toNanos() * share));
    if (backlog.oldestAge().compareTo(limit) > 0) {
      return "an entry has waited for PostgreSQL for "
          + backlog.oldestAge()
          + ", over the limit backpressure.maxAge of "
          + config.maxAge();
    }
    return null;
  }
}
