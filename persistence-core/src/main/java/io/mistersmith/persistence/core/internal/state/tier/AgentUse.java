package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.AgentId;

/**
 * Receives which agents' entries are used. Called on the way of every read and write, also on the
 * connection's own threads: it must be quick and must not block.
 */
public interface AgentUse {

  /** A write or a delete of one of its entries was acknowledged. */
  void wrote(AgentId agent);

  /** A read found one of its entries in KV. */
  void read(AgentId agent);

  /**
   * A read found one of its entries in PostgreSQL alone and brings it to KV.
   *
   * @return whether {@link #hydrated} must be called when that is over
   */
  boolean hydrating(AgentId agent);

  /** The end of what {@link #hydrating} began. */
  void hydrated(AgentId agent, boolean done);
}
