package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.security.AgentForgetting;
import io.mistersmith.persistence.core.internal.security.HotTraces;
import io.mistersmith.persistence.core.internal.security.OwnData;
import io.mistersmith.persistence.core.internal.security.SubjectKeys;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.security.Forgetting;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.sql.TaskStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/** The forgetting of agents, wired over the other areas. */
final class ForgettingArea {

  private static final Duration PERIOD = Duration.ofSeconds(30);

  private final AgentForgetting forgetting;
  private final PeriodicService service;

  ForgettingArea(
      EngineContext engine,
      StateArea state,
      StoredType sessionData,
      AgentArea agents,
      Encryption encryption) {
    this.forgetting =
        new AgentForgetting(
            engine.stores().sql().on(PostgresRole.BACKGROUND).forgetting(),
            new Parts(
                state,
                sessionData,
                agents,
                engine.stores().sql().tasks(),
                engine.config().flush().closeDeadline()),
            new HotTraces(
                List.of(
                    engine.owners().open(Bucket.AGENT_STATE),
                    engine.owners().open(Bucket.AGENT_CONFIG),
                    engine.owners().open(Bucket.SESSION_DATA)),
                streams(engine)),
            keys(engine.config(), encryption));
    this.service =
        engine
            .services()
            .every(
                PERIOD,
                "persistence-forgetting",
                "agents whose forgetting was interrupted keep some of their data",
                forgetting::goOn);
  }

  /** Those of this installation, and of the tenants whose changes are published apart. */
  private static List<StreamStore> streams(EngineContext engine) {
    StreamStore own = engine.stores().unguarded().hot().streams();
    List<StreamStore> streams = new ArrayList<>(List.of(own));
    engine
        .config()
        .changeFeed()
        .tenantPrefixes()
        .values()
        .forEach(prefix -> streams.add(own.withPrefix(prefix)));
    return streams;
  }

  /** The data keys of an agent alone: a key that several agents share stays. */
  private static SubjectKeys keys(PersistenceConfig config, Encryption encryption) {
    return agent ->
        config
            .encryption()
            .map(encrypted -> encrypted.subject(agent))
            .filter(agent.toString()::equals)
            .map(subject -> encryption.destroy(subject) > 0)
            .orElse(false);
  }

  /** Begins to go on with what other runtimes have not ended. */
  void start() {
    service.start();
  }

  Forgetting forgetting() {
    return forgetting;
  }

  /**
   * What the other areas do.
   *
   * @param patience how long the flush may take
   */
  private record Parts(
      StateArea state, StoredType sessionData, AgentArea agents, TaskStore tasks, Duration patience)
      implements OwnData {

    @Override
    public void cancel(UUID task) {
      boolean unused = tasks.cancel(task, "the agent that it belongs to is forgotten");
    }

    @Override
    public void delete(AgentId agent) {
      Function<Collection<AgentId>, Map<AgentId, PersistenceException>> sessionEntries =
          sessionData.store().removal();
      if (agent.isExternal()) {
        apply(state.removal(), agent);
      } else {
        agents.agents().delete(agent);
      }
      try {
        apply(sessionEntries, agent);
      } finally {
        sessionData.store().tiers().l1().forgetOwner(agent);
      }
    }

    private static void apply(
        Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal, AgentId agent) {
      PersistenceException failure = removal.apply(Set.of(agent)).get(agent);
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public void awaitApplied(String what) {
      state.awaitApplied(what, patience);
    }
  }
}
