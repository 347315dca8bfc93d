package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.StateStore;
import java.util.function.Predicate;

/**
 * The durable store of a bucket, and the services that move entries between the two.
 *
 * @param states the rows
 * @param use is notified of the agents whose entries are used
 * @param freshness how long an entry that was seen in the bucket cannot have been evicted
 * @param applied whether the rows include all of an owner's messages in the bucket
 */
public record SqlTier(
    StateStore states, AgentUse use, Freshness freshness, Predicate<AgentId> applied) {}
