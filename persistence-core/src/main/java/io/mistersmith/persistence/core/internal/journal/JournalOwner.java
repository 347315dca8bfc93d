package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether a database and a bucket belong together before anything is flushed from one into
 * the other. A database that has a position of the bucket's journal has met it. One without a
 * position is a new one, or another installation's: then the bucket must be empty, since its
 * entries belong to agents that this database does not know.
 */
public final class JournalOwner {

  private static final Logger LOG = LoggerFactory.getLogger(JournalOwner.class);

  private JournalOwner() {}

  /**
   * Returns when the bucket's entries may be flushed into this database.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when they may not
   */
  public static void check(HotBucket bucket, JournalStore journals, UnknownEntries policy) {
    // In this order: a runtime that opens both for the first time at the same moment writes its
    // position before its first entry.
    BucketState state = bucket.state();
    if (state.messages() == 0 || journals.position(bucket.name()).isPresent()) {
      return;
    }
    if (policy == UnknownEntries.TAKE_OVER) {
      LOG.warn(
          "bucket {}: its {} messages are taken over into a database that has never met it; those"
              + " of agents that are not registered there become dead letters",
          bucket.name(),
          state.messages());
      return;
    }
    throw new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        "bucket "
            + bucket.name()
            + " (made "
            + state.created()
            + ") holds "
            + state.messages()
            + " messages, but this database has never met it, so they belong to another"
            + " installation: each would become a dead letter. Point postgres at the database that"
            + " the bucket belongs to; or give this installation buckets of its own by"
            + " nats.namePrefix; or, if the entries are no longer needed, delete the bucket (nats"
            + " kv del "
            + bucket.name()
            + "). To flush them into this database all the same, open once with unknownEntries"
            + " TAKE_OVER");
  }
}
