package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;

/**
 * The revision of an entity, as the store that keeps the entity counts it. Callers compare
 * revisions of one entity and hand them back, as the expected one of a compare-and-set or to wait
 * for a commit; they do not calculate with them. Immutable and thread-safe.
 *
 * <p>The nested types are for stores, which make revisions and read their parts. A caller that
 * keeps a revision elsewhere writes {@link #toString} and reads it with {@link #parse}. A call that
 * is given a revision of another store's kind fails with {@link DataError#VERSION_CONFLICT}, not
 * transient: no entity that the call is about can ever have it.
 */
public sealed interface Revision extends Comparable<Revision> {

  /**
   * Parses the result of {@link #toString()}.
   *
   * @throws NonTransientPersistenceException with {@link DataError#SERIALIZATION_ERROR} for any
   *     other text; with {@link DataError#VERSION_CONFLICT} when a part of it is less than 1
   */
  static Revision parse(String text) {
    try {
      if (text.startsWith(OfRow.PREFIX)) {
        return new OfRow(Long.parseLong(text, OfRow.PREFIX.length(), text.length(), 10));
      }
      int dash = text.indexOf('-');
      return new OfJournal(
          Long.parseLong(text, 0, Math.max(dash, 0), 10),
          Long.parseLong(text, dash + 1, text.length(), 10));
    } catch (NumberFormatException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "a revision reads EPOCH-SEQUENCE or vVERSION, not '" + text + "'",
          e);
    }
  }

  /**
   * Orders revisions that one store made.
   *
   * @throws NonTransientPersistenceException with {@link DataError#VERSION_CONFLICT} when the two
   *     are of different kinds
   */
  @Override
  int compareTo(Revision other);

  /**
   * Returns whether this revision is later than {@code other}.
   *
   * @throws NonTransientPersistenceException as {@link #compareTo} does
   */
  default boolean isAfter(Revision other) {
    return compareTo(other) > 0;
  }

  /** Returns the text that {@link #parse} reads. */
  @Override
  String toString();

  private static NonTransientPersistenceException incomparable(Revision one, Revision other) {
    return new NonTransientPersistenceException(
        DataError.VERSION_CONFLICT,
        "revisions "
            + one
            + " and "
            + other
            + " are of different kinds and have no order; compare revisions of one entity");
  }

  /**
   * The revision of an entry of a bucket: the place of its last write in the bucket's journal. It
   * is logical: eviction and hydration move an entry to another place in the bucket's stream
   * without changing it. The epoch is a number that PostgreSQL hands out whenever a bucket's stream
   * is found to be recreated or to have gone back, so that a sequence that is used twice still
   * makes two revisions. Its text is {@code EPOCH-SEQUENCE}.
   *
   * @param epoch the epoch of the bucket's journal, at least 1
   * @param sequence the position in the journal, at least 1
   */
  record OfJournal(long epoch, long sequence) implements Revision {

    /** Checks both parts. */
    public OfJournal {
      if (epoch < 1 || sequence < 1) {
        throw new NonTransientPersistenceException(
            DataError.VERSION_CONFLICT,
            "revision " + epoch + "-" + sequence + " cannot exist: both parts start at 1");
      }
    }

    @Override
    public int compareTo(Revision other) {
      if (!(other instanceof OfJournal that)) {
        throw incomparable(this, other);
      }
      int byEpoch = Long.compare(epoch, that.epoch);
      return byEpoch != 0 ? byEpoch : Long.compare(sequence, that.sequence);
    }

    @Override
    public String toString() {
      return epoch + "-" + sequence;
    }
  }

  /**
   * The revision of an entity that PostgreSQL alone counts the writes of, such as an agent. Its
   * text is {@code v} and the version.
   *
   * @param version how many writes the row has had, at least 1
   */
  record OfRow(long version) implements Revision {

    private static final String PREFIX = "v";

    /** Checks the version. */
    public OfRow {
      if (version < 1) {
        throw new NonTransientPersistenceException(
            DataError.VERSION_CONFLICT,
            "revision " + PREFIX + version + " cannot exist: versions start at 1");
      }
    }

    @Override
    public int compareTo(Revision other) {
      if (!(other instanceof OfRow that)) {
        throw incomparable(this, other);
      }
      return Long.compare(version, that.version);
    }

    @Override
    public String toString() {
      return PREFIX + version;
    }
  }
}
