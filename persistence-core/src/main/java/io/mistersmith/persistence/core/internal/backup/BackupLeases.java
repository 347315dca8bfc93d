package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * The leases that a backup needs from its begin to its end: the one for backups, and one for the
 * evictions of each bucket whose stream is still to be saved. They are renewed in the background. A
 * backup that lost one for a moment is void: what it relied on may have been evicted meanwhile.
 */
final class BackupLeases implements AutoCloseable {

  private static final String BACKUP = "backup";
  private static final Duration LENGTH = Duration.ofMinutes(2);
  private static final Duration RENEWAL = Duration.ofSeconds(20);
  private static final Duration STOP = Duration.ofSeconds(5);
  private static final long PAUSE = Duration.ofMillis(200).toNanos();

  private final JournalStore journals;
  private final String holder;
  private final Duration patience;
  private final PeriodicService renewal;
  private final List<Lease> leases = new CopyOnWriteArrayList<>();
  private volatile boolean lost;

  /** Waits for a lease of another holder as long as {@code patience}. */
  BackupLeases(JournalStore journals, String holder, Duration patience, Services services) {
    this.journals = journals;
    this.holder = holder;
    this.patience = patience;
    this.renewal =
        services.every(
            RENEWAL, "persistence-backup-leases", "the backup under way fails", this::renew);
  }

  /** Takes the lease for backups. From now on all leases are renewed. */
  void begin() {
    take(new Lease(journals, BACKUP, holder, LENGTH), "another backup runs");
    renewal.start();
  }

  /** Keeps all runtimes from evicting entries of a bucket. */
  void holdEvictions(String bucket) {
    take(
        Lease.ofEvictions(journals, bucket, holder),
        "a runtime evicts entries of bucket " + bucket + ", or another backup holds them");
  }

  private void take(Lease lease, String otherwise) {
    Deadline end = Deadline.after(patience);
    while (!lease.ask()) {
      if (end.hasPassed()) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT,
            "no backup was begun: " + otherwise + ", and has not ended within " + patience);
      }
      LockSupport.parkNanos(PAUSE);
      if (Thread.currentThread().isInterrupted()) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT, "interrupted while " + otherwise);
      }
    }
    leases.add(lease);
  }

  /** Renews all leases now, and fails when one was lost since it was taken. */
  void confirm() {
    renew();
    requireHeld();
  }

  private synchronized void renew() {
    for (Lease lease : leases) {
      if (!lease.isHeld() || !lease.ask()) {
        lost = true;
      }
    }
  }

  /** Fails when a lease was lost, for however short a time. */
  void requireHeld() {
    if (lost || !leases.stream().allMatch(Lease::isHeld)) {
      throw new TransientPersistenceException(
          DataError.LEASE_LOST,
          "the backup is void: it lost a lease, as PostgreSQL did not answer for "
              + LENGTH
              + "; entries that it needs may have been evicted. Begin a new one");
    }
  }

  @Override
  public void close() {
    boolean unused = renewal.close(STOP);
    leases.forEach(Lease::release);
  }
}
