package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.JournalStore;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether a database and a bucket belong together before anything is flushed from one into
 * the other.
 *
 * <p>A database that has a position of this very stream has met it. One without a position is a new
 * one, or another installation's: then the bucket must be empty. One with a position of an earlier
 * stream of this name belongs to the bucket if the stream was recreated, and then some of the
 * agents whose entries it holds are registered here; if none is, the bucket is another
 * installation's.
 */
public final class JournalOwner {

  private static final Logger LOG = LoggerFactory.getLogger(JournalOwner.class);
  private static final int AGENTS = 100;
  private static final int MESSAGES = 2_000;
  private static final Duration NEXT = Duration.ofSeconds(2);

  private final HotBucket bucket;
  private final JournalStore journals;
  private final AgentStore agents;

  /** Compares {@code bucket} with the database that the two stores are of. */
  public JournalOwner(HotBucket bucket, JournalStore journals, AgentStore agents) {
    this.bucket = bucket;
    this.journals = journals;
    this.agents = agents;
  }

  /**
   * Returns when the bucket's entries may be flushed into this database.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when they may not
   */
  public void check(UnknownEntries policy) {
    // In this order: a runtime that opens both for the first time at the same moment writes its
    // position before its first entry.
    BucketState state = bucket.state();
    Optional<JournalPosition> position = journals.position(bucket.name());
    boolean met = position.map(at -> at.streamCreated().equals(state.created())).orElse(false);
    if (state.messages() == 0 || met || (position.isPresent() && knowsItsAgents())) {
      return;
    }
    String why =
        position.isPresent()
            ? "the bucket that this database was flushed from was made "
                + position.get().streamCreated()
                + ", and none of the agents of its entries is registered here"
            : "this database has never met it";
    if (policy == UnknownEntries.TAKE_OVER) {
      LOG.warn(
          "bucket {}: its {} messages are taken over although {}; those of agents that are not"
              + " registered become dead letters",
          bucket.name(),
          state.messages(),
          why);
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
            + " messages, but "
            + why
            + ": they belong to another installation, and each would become a dead letter. Point"
            + " postgres at the database that the bucket belongs to; or give this installation"
            + " buckets of its own by nats.namePrefix; or, if the entries are no longer needed,"
            + " delete the bucket (nats kv del "
            + bucket.name()
            + "). To flush them into this database all the same, open once with unknownEntries"
            + " TAKE_OVER");
  }

  /** Whether an agent of the first entries is registered, or none of them is anybody's. */
  private boolean knowsItsAgents() {
    Set<UUID> met = new HashSet<>();
    try (JournalReader reader = bucket.read(JournalRange.from(1).withoutValues())) {
      Optional<JournalEntry> next = reader.next(NEXT);
      for (int i = 0; next.isPresent() && i < MESSAGES && met.size() < AGENTS; i++) {
        next.get().key().flatMap(key -> id(key.agent())).ifPresent(met::add);
        next = next.get().pending() == 0 ? Optional.empty() : reader.next(NEXT);
      }
    }
    return met.isEmpty() || !agents.findAll(met).isEmpty();
  }

  private static Optional<UUID> id(String agent) {
    try {
      return Optional.of(UUID.fromString(agent));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
