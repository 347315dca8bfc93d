package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Agent;
import java.time.Instant;

/**
 * An agent as its registry has it.
 *
 * @param agent the agent
 * @param version counts its writes, from 1
 * @param updatedAt the time of the last write
 */
public record StoredAgent(Agent agent, long version, Instant updatedAt) {}
