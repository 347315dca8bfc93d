package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to flush a bucket for all runtimes, a row on the database's clock. It only saves work:
 * a flusher that was paused past its lease and wakes up is refused by the position's
 * compare-and-set, not by this.
 *
 * <p>A runtime asks for it only while its bucket answers and it does not hear of another one that
 * gets on, and renews it only while the journal gets applied or has nothing to apply. A holder that
 * can reach PostgreSQL but not NATS, or whose reader or batch gets nowhere, gives it up, and leaves
 * it to others for one lease. Used by one thread, except {@link #isHeld}.
 */
final class FlushLease {

  private static final Logger LOG = LoggerFactory.getLogger(FlushLease.class);

  private final Lease lease;
  private final String bucket;
  private final Duration duration;
  private final Arrears arrears;
  private final ProgressReceiver others;
  private Deadline renewal = Deadline.after(Duration.ZERO);
  private boolean stalled;
  private boolean held;

  FlushLease(
      JournalStore journals,
      String bucket,
      String holder,
      Duration duration,
      Arrears arrears,
      ProgressReceiver others) {
    this.lease = new Lease(journals, bucket, holder, duration);
    this.bucket = bucket;
    this.duration = duration;
    this.arrears = arrears;
    this.others = others;
  }

  /**
   * Takes or renews the lease when a third of it has passed since it was asked for last.
   *
   * @throws PersistenceException when a store does not answer; the lease is given up then
   */
  boolean hold() {
    if (!renewal.hasPassed()) {
      return isHeld();
    }
    try {
      boolean flushing = held && arrears.haveShrunk();
      stalled = !flushing && !arrears.areWorkedOff();
    } catch (RuntimeException | Error e) {
      giveUp("a store does not answer");
      throw e;
    }
    if (stalled && held) {
      giveUp("what waits in the journal has not moved");
      renewal = Deadline.after(duration);
      return false;
    }
    if (!held && !stalled && others.isAnotherFlushing()) {
      renewal = Deadline.after(duration.dividedBy(3));
      return false;
    }
    held = false;
    held = lease.ask();
    renewal = Deadline.after(duration.dividedBy(3));
    return held;
  }

  /** Whether this runtime flushes, as far as it knows: a lease that was not renewed has run out. */
  boolean isHeld() {
    return lease.isHeld();
  }

  /** Returns whether the last look showed that no runtime applies the journal. */
  boolean isStalled() {
    return stalled;
  }

  /** Returns {@link #isStalled}, and clears it until the next look. */
  boolean takeStalled() {
    boolean was = stalled;
    stalled = false;
    return was;
  }

  /** Gives the lease up; where PostgreSQL does not answer it runs out by itself. */
  void release() {
    held = false;
    lease.release();
  }

  private void giveUp(String why) {
    if (held) {
      LOG.warn("bucket {}: this runtime gives up the lease of the flush, because {}", bucket, why);
      release();
    }
  }
}
