package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditChange.Kind;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.StateType.Token;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A runtime on real servers whose database has the set {@code audit}. */
class AuditedRuntimeIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Actor ANN = Actor.of("ann").withCorrelationId("request-1");

  @Test
  void logSaysWhoWroteWhat() {
    try (Persistence persistence = Persistence.open(config("audited"))) {
      assertThat(persistence.audit().isKept()).isTrue();
      Agent agent = Agent.of("worker", "one");
      AgentId id = agent.id();
      StateRepository<Map<String, Object>> states =
          persistence.states(StateType.untyped(new Token<Map<String, Object>>() {}));
      StateKey key = StateKey.of(id, "k");
      UUID task =
          ANN.call(
              () -> {
                persistence.agents().save(agent);
                Versioned<Map<String, Object>> saved =
                    states.save(key, Map.of("password", "hidden", "n", 1));
                states.awaitDurable(key, saved.revision(), SOON);
                return persistence.tasks().enqueue(NewTask.of("job", Map.of("token", "hidden")));
              });
      states.awaitDurable(key, states.save(key, Map.of("n", 2)).revision(), SOON);

      List<AuditChange> entry = persistence.audit().find(AuditQuery.ofEntry(key));
      assertThat(entry).extracting(AuditChange::kind).containsExactly(Kind.UPDATE, Kind.INSERT);
      assertThat(entry.get(0).writer().actor()).isEmpty();
      assertThat(entry.get(1).writer().actor()).contains("ann");
      assertThat(entry.get(1).writer().correlationId()).contains("request-1");
      assertThat(persistence.audit().find(AuditQuery.ofAgent(id).inRequest("request-1")))
          .extracting(AuditChange::table)
          .contains("agents.registry", "agents.state");
      assertThat(persistence.audit().find(AuditQuery.ofTask(task)))
          .allMatch(change -> change.table().equals("tasks.queue"))
          .anyMatch(change -> change.writer().actor().isPresent());
      assertThat(persistence.audit().find(AuditQuery.all()))
          .allSatisfy(
              change -> {
                assertThat(change.newData().orElse("")).doesNotContain("hidden");
                assertThat(change.changedFields().orElse("")).doesNotContain("hidden");
              });
    }
  }

  @Test
  void encryptedValuesAreCiphertextInTheLogAndGoWithTheirAgent() {
    KeyProvider keys = KeyProvider.inMemory(Map.of("main", new byte[32]));
    PersistenceConfig config =
        config("sealed").toBuilder()
            .encryption(EncryptionConfig.builder(keys, "main").keyOfEachOwner().build())
            .build();
    try (Persistence persistence = Persistence.open(config)) {
      Agent agent = Agent.of("worker", "one");
      persistence.agents().save(agent);
      StateRepository<Map<String, Object>> states =
          persistence.states(StateType.untyped(new Token<Map<String, Object>>() {}));
      StateKey key = StateKey.of(agent.id(), "k");
      for (String fruit : List.of("apples", "pears")) {
        Versioned<Map<String, Object>> saved =
            ANN.call(() -> states.save(key, Map.of("token", fruit, "fruit", fruit)));
        states.awaitDurable(key, saved.revision(), SOON);
      }
      List<AuditChange> entry = persistence.audit().find(AuditQuery.ofEntry(key));
      assertThat(entry).extracting(AuditChange::kind).containsExactly(Kind.UPDATE, Kind.INSERT);
      assertThat(entry)
          .allSatisfy(
              change ->
                  assertThat(values(change))
                      .contains("$sealed")
                      .doesNotContain("apples", "pears", "fruit"));

      assertThat(persistence.forgetting().forget(agent.id()).endedAt()).isPresent();
      assertThat(persistence.audit().find(AuditQuery.ofEntry(key)))
          .hasSizeGreaterThanOrEqualTo(2)
          .allSatisfy(change -> assertThat(values(change)).doesNotContain("$sealed"))
          .filteredOn(change -> change.kind() != Kind.DELETE)
          .allSatisfy(change -> assertThat(change.writer().actor()).contains("ann"));
    }
  }

  private static String values(AuditChange change) {
    return change.oldData().orElse("")
        + change.newData().orElse("")
        + change.changedFields().orElse("");
  }

  private static PersistenceConfig config(String prefix) {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    String name = prefix + "_" + ProcessHandle.current().pid();
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.createDatabase(name), postgres.user())
            .migrateOnOpen("audit");
    postgres.password().ifPresent(database::password);
    return PersistenceConfig.builder(
            NatsConfig.builder(nats.url().split(",")).namePrefix(name + "-").build(),
            database.build())
        .build();
  }
}
