package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.Change;
import io.mistersmith.persistence.event.Change.StateChanged;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Committed changes, as they reach a handler. */
class ChangesTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  private final List<StateChanged> index = new CopyOnWriteArrayList<>();

  private void index(Change change) {
    index.add((StateChanged) change);
  }

  @Test
  void indexesEachChangeOnce() {
    InMemoryStores stores = new InMemoryStores();
    stores.migrate("events");
    try (Persistence persistence = Persistence.open(config, stores)) {
      AgentId agent = persistence.agents().save(Agent.of("planner", "one")).value().id();
      persistence.states(String.class).save(StateKey.of(agent, "city"), "Rome");
      await().atMost(SOON).until(() -> persistence.streams().find("AGENT_STATE").isPresent());

      ConsumerPlan plan =
          ConsumerPlan.durable("AGENT_STATE", "indexer").filter("agents.state.>").build();
      StreamConsumer indexer =
          persistence
              .changes()
              .consume(
                  plan, StreamConsumer.Options.of(4).inOrder(), message -> index(message.value()));

      await().atMost(SOON).until(() -> index.size() == 1);
      assertThat(index.get(0).newValue()).contains("\"Rome\"");
      indexer.close();
    }
  }

  @Test
  void keepsChangesForLonger() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      StreamPlan plan = StreamPlan.agentState().toBuilder().maxAge(Duration.ofHours(6)).build();
      persistence.streams().apply(plan);

      assertThat(persistence.streams().compare(plan).isEmpty()).isTrue();
    }
  }

  @Test
  void tellsWithoutKeeping() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId agent = persistence.agents().save(Agent.of("planner", "one")).value().id();
      persistence
          .messages()
          .append(Draft.of(Message.Type.NOTIFICATION, "bored").to(agent).persistent(false).build());
      List<Message> heard = new CopyOnWriteArrayList<>();
      StreamConsumer listener =
          persistence
              .streams()
              .consume(
                  ConsumerPlan.durable("AGENT_MESSAGES", "listener").build(),
                  Message.class,
                  StreamConsumer.Options.of(1),
                  message -> heard.add(message.value()));

      await().atMost(SOON).until(() -> heard.size() == 1);
      assertThat(persistence.messages().payload(heard.get(0), String.class)).isEqualTo("bored");
      listener.close();
    }
  }
}
