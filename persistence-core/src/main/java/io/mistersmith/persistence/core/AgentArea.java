package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.state.repository.AgentPublisher;
import io.mistersmith.persistence.core.internal.state.repository.HeartbeatBuffer;
import io.mistersmith.persistence.core.internal.state.repository.RegistryRepository;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.core.internal.state.tier.WritesUnderWay;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.AgentStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry of agents, wired: written to PostgreSQL first, then published in KV. */
final class AgentArea {

  private static final Logger LOG = LoggerFactory.getLogger(AgentArea.class);

  private static final Duration PUBLISH_ANYWAY = Duration.ofMinutes(1);

  private final RegistryRepository agents;
  private final HeartbeatBuffer heartbeats;
  private final WritesUnderWay writes;
  private final List<PeriodicService> services;
  private Deadline publishAnyway = Deadline.after(PUBLISH_ANYWAY);

  AgentArea(EngineContext engine, StateArea state, SessionArea sessions) {
    AgentStore store = engine.stores().sql().agents();
    AgentStore background = engine.stores().sql().on(PostgresRole.BACKGROUND).agents();
    Clock clock = engine.stores().hot().clock();
    HotBucket bucket = engine.owners().open(Bucket.AGENT_CONFIG);
    int remembered = engine.config().knownRevisions();
    AgentPublisher publisher =
        new AgentPublisher(
            store, bucket.reads(), bucket.writes(), new KnownRevisions<>(remembered, clock));
    this.heartbeats = new HeartbeatBuffer(background, engine.feed()::heartbeats);
    this.writes =
        new WritesUnderWay(
            "agents.registry", engine.owners().owner(Bucket.AGENT_STATE)::requireOwnDatabase);
    this.agents =
        new RegistryRepository(
            store,
            engine.stores().sql().oldReads(),
            publisher,
            () -> removal(state, sessions),
            heartbeats,
            writes,
            new KnownRevisions<>(remembered, clock),
            clock,
            engine.threads().calls());
    this.services =
        List.of(
            engine
                .services()
                .every(
                    Duration.ofSeconds(1),
                    "persistence-heartbeats",
                    "heartbeats do not reach PostgreSQL",
                    heartbeats::write),
            engine
                .services()
                .every(
                    Duration.ofSeconds(5),
                    "persistence-agents",
                    "agents that KV lacks are not published",
                    () -> publishMissing(publisher, state)));
  }

  /** Removes what belongs to agents besides their rows, as it is when the removal begins. */
  private static Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal(
      StateArea state, SessionArea sessions) {
    Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal = state.removal();
    return deleted -> {
      sessions.agentsDeleted();
      return removal.apply(deleted);
    };
  }

  /**
   * The runtime that flushes does it for all; the others do now and then, should it be unable to.
   */
  private void publishMissing(AgentPublisher publisher, StateArea state) {
    if (state.isLeading() || publishAnyway.hasPassed()) {
      publishAnyway = Deadline.after(PUBLISH_ANYWAY);
      publisher.publishMissing();
    }
  }

  void start() {
    services.forEach(PeriodicService::start);
  }

  RegistryRepository agents() {
    return agents;
  }

  /** Refuses writes and heartbeats from now on. */
  void refuseWrites() {
    writes.close();
    heartbeats.refuse();
  }

  /** Waits for the writes under way. */
  void close(Deadline deadline) {
    long unfinished = writes.awaitEnd(deadline);
    LOG.debug("{} calls of the registry had not ended", unfinished);
  }

  /** Writes the heartbeats that are left, if there is time: they matter less than the flush. */
  void writeHeartbeats(Deadline deadline) {
    if (!deadline.hasPassed()) {
      heartbeats.write();
    }
  }
}
