package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Channel.Kind;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Messages between agents. */
class MessagesTest {

  /** What a planner asks a booker to do. */
  record Trip(String to, int days) {}

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  private static AgentId register(Persistence persistence, String type) {
    return persistence.agents().save(Agent.of(type, "one")).value().id();
  }

  @Test
  void asksAndAnswers() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId planner = register(persistence, "planner");
      AgentId booker = register(persistence, "booker");

      MessageLog messages = persistence.messages();
      Draft draft =
          Draft.of(Message.Type.COMMAND, new Trip("Rome", 3)).from(planner).to(booker).build();
      Message.Id id = messages.append(draft);
      for (Delivery delivery : messages.receive(booker, 10, Duration.ofSeconds(30))) {
        Trip trip = messages.payload(delivery.message(), Trip.class);
        String answer = "on to " + trip.to();
        messages.append(Draft.reply(delivery.message(), Message.Type.RESPONSE, answer).build());
        messages.acknowledge(delivery); // else it is delivered again after 30 seconds
      }
      Optional<Message> reply = messages.reply(messages.find(id).orElseThrow());

      assertThat(reply.map(message -> messages.payload(message, String.class)))
          .contains("on to Rome");
      assertThat(messages.receive(booker, 10, Duration.ofSeconds(30))).isEmpty();
    }
  }

  @Test
  void publishesToATopic() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId watcher = register(persistence, "watcher");
      MessageLog messages = persistence.messages();
      messages.save(Channel.of("trips", Kind.TOPIC));
      messages.subscribe(
          Subscription.of(watcher, "trips")
              .withPattern("trip.*.paid")
              .withFilters(Map.of("region", "eu")));
      messages.append(
          Draft.of(Message.Type.NOTIFICATION, "paid by card")
              .channel("trips")
              .subject("trip.81.paid")
              .header("region", "eu")
              .priority(7)
              .expiresAfter(Duration.ofHours(1))
              .build());

      assertThat(messages.receive(watcher, 10, Duration.ofSeconds(30))).hasSize(1);
    }
  }

  @Test
  void worksInOneTransaction() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId worker = register(persistence, "worker");
      AgentId next = register(persistence, "next");
      MessageLog messages = persistence.messages();
      messages.append(Draft.of(Message.Type.COMMAND, "count").to(worker).build());

      persistence
          .transactions()
          .run(
              TransactionOptions.of(Boundary.AGENT_TASK, "count and hand over"),
              tx -> {
                List<Delivery> work = tx.messages().receive(worker, 1, Duration.ofMinutes(1));
                tx.messages().append(Draft.of(Message.Type.COMMAND, "go on").to(next).build());
                return tx.messages().acknowledgeAll(work); // all of it, or nothing
              });

      assertThat(messages.receive(next, 1, Duration.ofMinutes(1))).hasSize(1);
      assertThat(messages.receive(worker, 1, Duration.ofMinutes(1))).isEmpty();
    }
  }

  @Test
  void readsPages() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      AgentId planner = register(persistence, "planner");
      MessageLog messages = persistence.messages();
      for (int i = 0; i < 5; i++) {
        messages.append(Draft.of(Message.Type.COMMAND, i).from(planner).toType("nobody").build());
      }

      List<Message> all = new ArrayList<>();
      MessageQuery query = MessageQuery.from(planner).withLimit(2);
      List<Message> page = messages.find(query);
      while (!page.isEmpty()) {
        all.addAll(page);
        page = messages.find(query.after(page.get(page.size() - 1).id()));
      }

      assertThat(all).extracting(Message::id).hasSize(5).doesNotHaveDuplicates();
      assertThat(messages.find(MessageQuery.notDelivered())).hasSize(5);
    }
  }
}
