package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Coalesces heartbeats: of each agent only the latest is written, all of them at once. Thread-safe.
 */
public final class HeartbeatBuffer {

  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatBuffer.class);

  private final AgentStore agents;
  private final Consumer<Map<AgentId, Instant>> written;
  private final Map<AgentId, Instant> latest = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** Writes to {@code agents}, and tells {@code written}, which must be quick. */
  public HeartbeatBuffer(AgentStore agents, Consumer<Map<AgentId, Instant>> written) {
    this.agents = agents;
    this.written = written;
  }

  void beat(AgentId agent, Instant time) {
    if (closed) {
      throw new NonTransientPersistenceException(
          DataError.CLOSED,
          "agent " + agent + ": no heartbeat, the persistence layer is closed; open it again");
    }
    latest.merge(agent, time, (a, b) -> a.isAfter(b) ? a : b);
  }

  /** Refuses heartbeats from now on. */
  public void refuse() {
    closed = true;
  }

  /** Writes what has come together; keeps it when PostgreSQL is away. */
  public void write() {
    Map<AgentId, Instant> taken = Map.copyOf(latest);
    if (taken.isEmpty()) {
      return;
    }
    try {
      agents.heartbeats(taken);
      taken.forEach(latest::remove);
      written.accept(taken);
    } catch (PersistenceException e) {
      LOG.info("{} heartbeats not written, trying again: {}", taken.size(), e.getMessage());
    }
  }
}
