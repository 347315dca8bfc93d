package io.mistersmith.persistence.core.internal.crossstore;

import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Rolls back the transactions that were prepared by a runtime which will not commit them. Only the
 * runtime that prepared a transaction commits it. Its name is part of the transaction's id, and it
 * has a lease of that name. Once the lease is over, another runtime acquires it, and rolls the
 * transactions of that name back. A runtime that was only paused then fails to commit, and reports
 * it. Thread-safe.
 */
public final class AbandonedUnits {

  private static final String PREFIX = "cross-store/";
  private static final Duration LEASE = Duration.ofSeconds(3);

  private final SqlStore sql;
  private final JournalStore journals;
  private final CrossStoreEvents events;
  private final String holder = UUID.randomUUID().toString();
  private final Lease lease;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();

  /** Ends units of {@code sql}, by leases of {@code journals}. */
  public AbandonedUnits(SqlStore sql, JournalStore journals, CrossStoreEvents events) {
    this.sql = sql;
    this.journals = journals;
    this.events = events;
    this.lease = new Lease(journals, PREFIX + holder, holder, LEASE);
  }

  /** Returns an id for a transaction of this runtime, whose lease it takes or keeps. */
  String begin() {
    keepLease();
    String id = PREFIX + holder + "/" + UUID.randomUUID();
    underWay.add(id);
    return id;
  }

  /** This runtime will not commit the transaction any more. */
  void end(String id) {
    underWay.remove(id);
  }

  private synchronized void keepLease() {
    boolean unused = lease.hold();
  }

  /** Renews this runtime's lease, and rolls back what was abandoned. */
  public void sweep() {
    keepLease();
    Map<String, Duration> prepared = sql.prepared();
    for (Map.Entry<String, Duration> unit : prepared.entrySet()) {
      Optional<String> owner = owner(unit.getKey());
      if (owner.isPresent() && isAbandoned(unit.getKey(), owner.get())) {
        rollBack(unit.getKey(), unit.getValue());
      }
    }
  }

  private boolean isAbandoned(String id, String owner) {
    return owner.equals(holder)
        ? !underWay.contains(id)
        : journals.acquireLease(PREFIX + owner, holder, LEASE);
  }

  private static Optional<String> owner(String id) {
    int end = id.lastIndexOf('/');
    return id.startsWith(PREFIX) && end > PREFIX.length()
        ? Optional.of(id.substring(PREFIX.length(), end))
        : Optional.empty();
  }

  private void rollBack(String id, Duration age) {
    if (sql.rollBackPrepared(id)) {
      events.rolledBack(id, age);
    }
  }

  /** Gives the lease up. */
  public synchronized void close() {
    lease.release();
  }
}
