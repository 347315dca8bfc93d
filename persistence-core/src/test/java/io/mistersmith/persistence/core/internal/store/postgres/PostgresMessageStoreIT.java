package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.MessageStore.NewMessage;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages beside what others do to the tables meanwhile. */
@Tag("contract")
class PostgresMessageStoreIT {

  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final PostgresDatabase database = PostgresDatabase.create();
  private final AgentId stays = AgentId.random();
  private final AgentId goes = AgentId.random();

  @BeforeEach
  void register() {
    for (AgentId agent : List.of(stays, goes)) {
      database.execute(
          "INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('%s', 'scout', 'n')"
              .formatted(agent));
    }
  }

  private static NewMessage note(Draft.Builder draft) {
    return new NewMessage(draft.build(), "1");
  }

  private static Draft.Builder note() {
    return Draft.of(Message.Type.NOTIFICATION, 1);
  }

  @Test
  void whatOtherWritersLeaveIsInNobodysWay() {
    try (PostgresStore store = database.open()) {
      MessageStore messages = store.sql().messages();
      List<Message.Id> ids =
          messages.append(
              List.of(note(note().to(stays)), note(note().to(stays)), note(note().to(stays))));
      messages.saveChannel(Channel.of("trips", Channel.Kind.TOPIC));
      Subscription ours = Subscription.of(stays, "trips").withPattern("trip.*");
      messages.subscribe(ours);
      database.execute(
          """
          UPDATE messages.log SET headers = '["x"]' WHERE message_id = '%s';
          UPDATE messages.log SET headers = 'null' WHERE message_id = '%s';
          UPDATE messages.channels SET configuration = 'null';
          INSERT INTO messages.subscriptions (agent_id, channel_id, message_pattern)
          SELECT '%s', channel_id, 'a..b' FROM messages.channels;
          """
              .formatted(ids.get(0).uuid(), ids.get(1).uuid(), goes));
      assertThat(messages.receive(stays, 10, PATIENCE)).hasSize(3);
      assertThat(messages.find(MessageQuery.to(stays)))
          .allMatch(message -> message.envelope().headers().isEmpty());
      assertThat(messages.channels()).hasSize(1);
      assertThat(messages.subscriptions("trips")).containsExactly(ours);
    }
  }

  /** The foreign keys of the log come before those of the deliveries. */
  @Test
  void theDeletionOfAnAgentWaitsForItsReceiverBeforeItLocksMessages() throws Exception {
    try (PostgresStore store = database.open();
        Connection receiver = database.connect();
        Statement statement = receiver.createStatement()) {
      MessageStore messages = store.sql().messages();
      Message.Id id = messages.append(List.of(note(note().to(goes)))).get(0);
      receiver.setAutoCommit(false);
      statement.execute("UPDATE messages.deliveries SET delivery_attempts = 1");
      CompletableFuture<Void> deletion =
          CompletableFuture.runAsync(
              () ->
                  database.execute(
                      "DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(goes)));
      awaitWaiting();
      statement.execute("UPDATE messages.log SET delivery_attempts = 1");
      receiver.commit();
      deletion.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(messages.receipts(id)).isEmpty();
      assertThat(messages.find(id).orElseThrow().marks().attempts()).isEqualTo(1);
    }
  }

  private void awaitWaiting() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                !database
                    .query(
                        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock'")
                    .isEmpty());
  }

  @Test
  void aRecipientThatIsBeingDeletedDropsOut() throws Exception {
    try (PostgresStore store = database.open();
        Connection other = database.connect();
        Statement statement = other.createStatement()) {
      MessageStore messages = store.sql().messages();
      messages.saveChannel(Channel.of("news", Channel.Kind.BROADCAST));
      messages.subscribe(Subscription.of(stays, "news"));
      messages.subscribe(Subscription.of(goes, "news"));
      other.setAutoCommit(false);
      statement.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(goes));
      CompletableFuture<List<Message.Id>> append =
          CompletableFuture.supplyAsync(
              () ->
                  messages.append(
                      List.of(note(note().channel("news")), note(note().toType("scout")))));
      awaitWaiting();
      other.commit();
      for (Message.Id id : append.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        assertThat(messages.receipts(id))
            .extracting(Receipt::agent)
            .containsExactly(Optional.of(stays));
      }
      assertThat(messages.receive(stays, 10, PATIENCE)).hasSize(2);
    }
  }
}
