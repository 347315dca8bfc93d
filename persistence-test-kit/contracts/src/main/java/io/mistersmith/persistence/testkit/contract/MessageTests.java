package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.List;

/** The common part of the contracts about messages. */
abstract class MessageTests extends PersistenceContract {

  /** Longer than any test takes. */
  static final Duration LEASE = Duration.ofMinutes(10);

  /** A lease or a time to live whose end a test waits for. */
  static final Duration SHORT = Duration.ofSeconds(1);

  final MessageLog messages() {
    return persistence().messages();
  }

  final void channel(String name, Channel.Kind kind) {
    messages().save(Channel.of(name, kind));
  }

  final AgentId subscriber(String channel) {
    AgentId subscriber = register();
    messages().subscribe(Subscription.of(subscriber, channel));
    return subscriber;
  }

  final List<Delivery> receive(AgentId who) {
    return messages().receive(who, 100, LEASE);
  }

  /** Receives everything, and acknowledges it; returns the payloads. */
  final List<String> texts(AgentId who) {
    List<Delivery> deliveries = receive(who);
    assertThat(messages().acknowledgeAll(deliveries)).isEqualTo(deliveries.size());
    return texts(deliveries);
  }

  final List<String> texts(List<Delivery> deliveries) {
    return deliveries.stream()
        .map(delivery -> messages().payload(delivery.message(), String.class))
        .toList();
  }

  static Draft.Builder command(String text) {
    return Draft.of(Message.Type.COMMAND, text);
  }

  static Draft.Builder note(String text) {
    return Draft.of(Message.Type.NOTIFICATION, text);
  }
}
