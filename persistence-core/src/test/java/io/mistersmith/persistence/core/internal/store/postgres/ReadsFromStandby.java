package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A server with a standby, from which a store reads. */
abstract class ReadsFromStandby {

  static final Duration SOON = Duration.ofSeconds(60);

  PostgresDatabase.Own own;
  PostgresStandby standby;

  /** The one that {@link #open} has registered. */
  private AgentId agent = AgentId.random();

  @BeforeEach
  void start() {
    own = PostgresDatabase.startOwn();
    standby = own.server().standby("replica_0");
  }

  @AfterEach
  void stop() {
    standby.close();
    own.close();
  }

  static UnaryOperator<RoleConfig.Builder> at(PostgresStandby replica) {
    PostgresServer server = replica.server();
    return role -> role.host(server.host() + ":" + server.port()).connections(0, 4);
  }

  /** Opens a store with an agent, once all replicas are read from. */
  final PostgresStore open(UnaryOperator<PostgresConfig.Builder> change) {
    PostgresConfig config =
        change
            .apply(
                own.database().config().toBuilder()
                    .connections(0, 4)
                    .maxReplicaLag(Duration.ofMinutes(10))
                    .replica(at(standby)))
            .build();
    PostgresStore store = PostgresDatabase.open(config);
    agent = store.sql().agents().save(Agent.of("replicas", "one"), AgentStore.NONE).agent().id();
    for (int i = 0; i < config.replicas(); i++) {
      awaitState(store, i, ReplicaState.FRESH);
    }
    assertThat(events(store)).containsExactly(LifecycleEvent.REGISTERED);
    return store;
  }

  static void awaitState(PostgresStore store, int replica, ReplicaState state) {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stats(store, replica).state()).isEqualTo(state));
  }

  static ReplicaStats stats(PostgresStore store, int replica) {
    return store.pools().replicas().get(replica);
  }

  final List<String> events(PostgresStore store) {
    return events(store, 10);
  }

  final List<String> events(PostgresStore store, int limit) {
    return store.sql().oldReads().lifecycleEvents(agent, Optional.empty(), limit).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  final LifecycleEvent event(String type) {
    return LifecycleEvent.of(agent, type, Map.of(), Instant.now());
  }

  /** Records an event past the store. */
  final void record(PostgresDatabase database, String type) {
    database.execute(
        "INSERT INTO agents.lifecycle_events (event_id, agent_id, event_type, event_data)"
            + " VALUES (gen_random_uuid(), '"
            + agent
            + "', '"
            + type
            + "', '{}')");
  }
}
