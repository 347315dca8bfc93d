package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditQuery;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whose each write is, from the thread that makes it to the audit log. */
class ActorsTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Actor ANN = Actor.of("ann").withCorrelationId("request-1");

  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  ActorsTest() {
    stores.migrate("audit");
  }

  @Test
  void everyWayToWriteAnEntryHasTheActorOfItsThread() {
    try (Persistence persistence = Persistence.open(config, stores)) {
      AgentId agent = register(persistence);
      StateRepository<String> states = persistence.states(String.class);
      StateType<String> type = StateType.untyped(String.class);
      Versioned<String> old = states.save(StateKey.of(agent, "cas"), "0");
      states.awaitDurable(StateKey.of(agent, "cas"), old.revision(), SOON);
      ANN.run(
          () -> {
            states.save(StateKey.of(agent, "save"), "1");
            states.save(StateKey.of(agent, "absent"), "1", SaveOptions.ifAbsent());
            states.update(StateKey.of(agent, "update"), "0", value -> value + "1");
            states.saveAsync(StateKey.of(agent, "async"), "1", SaveOptions.unconditional()).join();
            states.saveAsync(StateKey.of(agent, "cas"), "1", SaveOptions.at(old.revision())).join();
            states.saveAsync(StateKey.of(agent, "new"), "1", SaveOptions.ifAbsent()).join();
            var unused =
                persistence
                    .step()
                    .save(type, StateKey.of(agent, "step"), "1", SaveOptions.unconditional())
                    .save(type, StateKey.of(agent, "other"), "1", SaveOptions.unconditional())
                    .commit();
          });
      states.save(StateKey.of(agent, "nobody"), "1");

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(keys(persistence, AuditQuery.ofAgent(agent).inRequest("request-1")))
                      .containsExactlyInAnyOrder(
                          "save", "absent", "update", "async", "cas", "new", "step", "other"));
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(
                          persistence
                              .audit()
                              .find(AuditQuery.ofEntry(StateKey.of(agent, "nobody"))))
                      .singleElement()
                      .satisfies(change -> assertThat(change.writer().actor()).isEmpty()));
    }
  }

  @Test
  void deletionHasItsActor() {
    try (Persistence persistence = Persistence.open(config, stores)) {
      AgentId agent = register(persistence);
      StateRepository<String> states = persistence.states(String.class);
      StateKey key = StateKey.of(agent, "k");
      states.awaitDurable(key, states.save(key, "1").revision(), SOON);
      ANN.run(() -> states.delete(key));
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(persistence.audit().find(AuditQuery.ofEntry(key).by("ann")))
                      .singleElement()
                      .extracting(AuditChange::kind)
                      .isEqualTo(AuditChange.Kind.UPDATE));
    }
  }

  @Test
  void entryThatAnotherRuntimeFlushesHasItsWriter() {
    AgentId agent;
    StateKey key;
    try (Persistence writer = Persistence.open(config, stores)) {
      agent = register(writer);
      key = StateKey.of(agent, "k");
      stores.sqlOutage(true);
      StateRepository<String> states = writer.states(String.class);
      ANN.run(() -> states.save(key, "1"));
      assertThat(writer.close(Duration.ZERO)).isPositive();
    }
    stores.sqlOutage(false);
    try (Persistence other = Persistence.open(config, stores)) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(other.audit().find(AuditQuery.ofEntry(key)))
                      .singleElement()
                      .satisfies(
                          change -> {
                            assertThat(change.writer().actor()).contains("ann");
                            assertThat(change.writer().correlationId()).contains("request-1");
                          }));
    }
  }

  @Test
  void rowsHaveTheActorOfTheirTransaction() {
    try (Persistence persistence = Persistence.open(config, stores)) {
      Agent agent = Agent.of("worker", "one");
      UUID task =
          ANN.call(
              () -> {
                persistence
                    .agents()
                    .saveAsync(agent.id(), agent, SaveOptions.unconditional())
                    .join();
                return persistence.tasks().enqueue(NewTask.of("job", Map.of()));
              });
      UUID other = persistence.tasks().enqueue(NewTask.of("job", Map.of()));

      assertThat(actors(persistence, AuditQuery.ofAgent(agent.id())))
          .containsExactly(Optional.of("ann"));
      assertThat(actors(persistence, AuditQuery.ofTask(task))).containsExactly(Optional.of("ann"));
      assertThat(actors(persistence, AuditQuery.ofTask(other))).containsExactly(Optional.empty());
    }
  }

  @Test
  void oldChangesArePurged() {
    ManualClock clock = ManualClock.create();
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores)) {
      AgentId old = register(persistence);
      clock.advance(Duration.ofDays(91));
      AgentId young = register(persistence);

      assertThat(persistence.operations().upkeep().run("purge_audit").outcome())
          .isEqualTo(Upkeep.Outcome.DONE);
      assertThat(persistence.audit().find(AuditQuery.ofAgent(old))).isEmpty();
      assertThat(persistence.audit().find(AuditQuery.ofAgent(young))).hasSize(1);
    }
  }

  private static AgentId register(Persistence persistence) {
    return persistence.agents().save(Agent.of("worker", "one")).value().id();
  }

  /** The keys of entries, without their type. */
  private static List<String> keys(Persistence persistence, AuditQuery query) {
    return persistence.audit().find(query).stream()
        .map(AuditChange::key)
        .map(key -> key.substring(key.lastIndexOf('.') + 1, key.lastIndexOf('"')))
        .toList();
  }

  private static List<Optional<String>> actors(Persistence persistence, AuditQuery query) {
    return persistence.audit().find(query).stream().map(change -> change.writer().actor()).toList();
  }
}
