package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to do something for all runtimes: a row on the database's clock, which runs out unless
 * its holder renews it. Used by one thread, except {@link #isHeld}.
 */
public final class Lease {

  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

  private final JournalStore journals;
  private final String name;
  private final String holder;
  private final Duration duration;
  private Deadline renewal = Deadline.after(Duration.ZERO);
  private volatile boolean held;
  private volatile Deadline end = Deadline.after(Duration.ZERO);

  /**
   * The right to evict entries of a bucket. A runtime takes it for each sweep, and a backup of both
   * stores for as long as it lasts: nothing leaves the bucket before the backup of its stream has
   * it.
   */
  public static Lease ofEvictions(JournalStore journals, String bucket, String holder) {
    return new Lease(journals, "evictions/" + bucket, holder, Duration.ofMinutes(2));
  }

  /** A lease of this name, for this holder, which no other holder's name equals. */
  public Lease(JournalStore journals, String name, String holder, Duration duration) {
    this.journals = journals;
    this.name = name;
    this.holder = holder;
    this.duration = duration;
  }

  /**
   * Takes or renews the lease when a third of it has passed since it was asked for last.
   *
   * @return whether it is held
   * @throws PersistenceException when PostgreSQL does not answer
   */
  public boolean hold() {
    return renewal.hasPassed() ? ask() : isHeld();
  }

  /**
   * Takes or renews the lease now. When it fails, a lease that was held is held until it ends.
   *
   * @return whether it is held
   * @throws PersistenceException when PostgreSQL does not answer
   */
  public boolean ask() {
    Deadline asked = Deadline.after(duration);
    renewal = Deadline.after(duration.dividedBy(3));
    boolean granted = journals.acquireLease(name, holder, duration);
    end = asked;
    held = granted;
    return granted;
  }

  /**
   * Returns whether this runtime has the lease, as far as it knows: one that was not renewed has
   * run out. Counts from before the request, by the monotonic clock, so that it never ends later
   * here than in the database.
   */
  public boolean isHeld() {
    return held && !end.hasPassed();
  }

  /**
   * Gives the lease up; where PostgreSQL does not answer it runs out by itself. Others may take it
   * first: {@link #hold} asks for it again no sooner than it would have renewed it, {@link #ask} at
   * once.
   */
  public void release() {
    if (held) {
      held = false;
      try {
        journals.releaseLease(name, holder);
      } catch (PersistenceException e) {
        LOG.info("lease {} not given up, it will run out: {}", name, e.getMessage());
      }
    }
  }
}
