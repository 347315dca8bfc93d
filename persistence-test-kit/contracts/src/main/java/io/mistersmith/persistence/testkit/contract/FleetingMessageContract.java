package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The contract of messages that are not persistent: a stream has them, and the log has not. */
public abstract class FleetingMessageContract extends MessageTests {

  /** For implementations. */
  protected FleetingMessageContract() {}

  @Test
  void whatIsNotPersistentGoesToTheStream() {
    Draft fleeting =
        note("kept nowhere")
            .channel("trips")
            .subject("trip.8 1.paid")
            .expiresAfter(Duration.ofMinutes(1))
            .persistent(false)
            .build();
    Message.Id id = messages().append(fleeting);
    Draft direct = command("go").from(agent()).to(agent()).persistent(false).build();
    Message.Id second = messages().appendAll(List.of(direct)).get(0);
    List<StreamMessage<Message>> heard = new CopyOnWriteArrayList<>();
    StreamConsumer listener =
        persistence()
            .streams()
            .consume(
                ConsumerPlan.durable("AGENT_MESSAGES", "contract").build(),
                Message.class,
                StreamConsumer.Options.of(1).inOrder(),
                heard::add);
    await().atMost(SOON).until(() -> heard.size() == 2);
    listener.close();
    assertThat(heard)
        .extracting(StreamMessage::subject)
        .containsExactly(
            "messages.notification.trips.trip.8=201.paid", "messages.direct." + agent().uuid());
    assertThat(heard).extracting(message -> message.value().id()).containsExactly(id, second);
    Message first = heard.get(0).value();
    assertThat(first.envelope()).isEqualTo(fleeting.envelope());
    assertThat(first.expiresAt()).contains(id.sentAt().plus(Duration.ofMinutes(1)));
    assertThat(messages().payload(first, String.class)).isEqualTo("kept nowhere");
    assertThat(messages().find(id)).isEmpty();
    assertThat(receive(agent())).isEmpty();

    assertThatThrownBy(
            () -> messages().appendAll(List.of(fleeting, command("x").to(agent()).build())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 of 2 messages are persistent");
    assertFails(
        DataError.MISCONFIGURED,
        () ->
            persistence()
                .transactions()
                .execute(
                    TransactionOptions.of(Boundary.SINGLE_OPERATION, "send"),
                    tx -> tx.messages().append(fleeting)));
  }
}
