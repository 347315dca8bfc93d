package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The durable store of a bucket, and the services that move entries between the two.
 *
 * @param states the rows
 * @param use is notified of the agents whose entries are used
 * @param freshness how long an entry that was seen in the bucket cannot have been evicted
 * @param applied whether the rows include all of an owner's messages in the bucket
 * @param refused whether PostgreSQL refused an entry of a key, which is then in the bucket alone
 * @param awaySince since when the bucket cannot be asked; empty while it can
 */
public record SqlTier(
    StateStore states,
    AgentUse use,
    Freshness freshness,
    Applied applied,
    Predicate<StateKey> refused,
    Supplier<Optional<Instant>> awaySince) {

  /** Returns the live rows that are searched for; what waits in the bucket is none. */
  public List<Entry> search(StateSearch wanted) {
    return states.search(wanted).stream().map(Tiers::entry).toList();
  }
}
