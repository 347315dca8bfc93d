package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;

/**
 * The revision of an entity: epoch and sequence of its last semantic write. Callers compare
 * revisions for equality and order and hand them back for compare-and-set; they do not calculate
 * with them.
 *
 * <p>A revision is logical: eviction and hydration move an entry to another place in the bucket's
 * stream without changing it. The epoch is a number that PostgreSQL hands out whenever a bucket's
 * stream is found to have started anew or gone back, so that a sequence that is used twice still
 * makes two revisions.
 *
 * @param epoch the epoch of the bucket's journal, at least 1
 * @param sequence the position in the journal, at least 1
 */
public record Revision(long epoch, long sequence) implements Comparable<Revision> {

  /** Checks both parts. */
  public Revision {
    if (epoch < 1 || sequence < 1) {
      throw new NonTransientPersistenceException(
          DataError.VERSION_CONFLICT,
          "revision " + epoch + "-" + sequence + " cannot exist: both parts start at 1");
    }
  }

  /** Reads what {@link #toString()} wrote. */
  public static Revision parse(String text) {
    int dash = text.indexOf('-');
    try {
      return new Revision(
          Long.parseLong(text, 0, Math.max(dash, 0), 10),
          Long.parseLong(text, dash + 1, text.length(), 10));
    } catch (NumberFormatException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "a revision reads EPOCH-SEQUENCE, not '" + text + "'", e);
    }
  }

  @Override
  public int compareTo(Revision other) {
    int byEpoch = Long.compare(epoch, other.epoch);
    return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
  }

  /** Whether this revision is later than {@code other}. */
  public boolean isAfter(Revision other) {
    return compareTo(other) > 0;
  }

  @Override
  public String toString() {
    return epoch + "-" + sequence;
  }
}
