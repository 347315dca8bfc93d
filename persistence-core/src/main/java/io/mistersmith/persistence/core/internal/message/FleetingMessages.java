package io.mistersmith.persistence.core.internal.message;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Published;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** Publishes messages that the log does not keep to the stream AGENT_MESSAGES. Thread-safe. */
public final class FleetingMessages {

  private static final StreamPlan PLAN = StreamPlan.agentMessages();

  private final StreamStore streams;
  private final Clock clock;

  /** Messages to {@code streams}, whose time is that of {@code clock}. */
  public FleetingMessages(StreamStore streams, Clock clock) {
    this.streams = streams;
    this.clock = clock;
  }

  /** Publishes messages in this order, and waits until the stream has them. */
  List<Message.Id> publish(List<Draft> drafts) {
    List<Message> messages = drafts.stream().map(this::message).toList();
    List<Outgoing> outgoing = messages.stream().map(FleetingMessages::outgoing).toList();
    try {
      publishAll(outgoing);
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.NOT_FOUND || streams.find(PLAN.name()).isPresent()) {
        throw e;
      }
      createStream();
      publishAll(outgoing);
    }
    return messages.stream().map(Message::id).toList();
  }

  private void createStream() {
    var unused = streams.apply(PLAN);
  }

  private void publishAll(List<Outgoing> outgoing) {
    List<CompletableFuture<Published>> answers = new ArrayList<>();
    for (Outgoing message : outgoing) {
      answers.add(streams.publish(message));
    }
    try {
      answers.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      if (Failures.cause(e) instanceof PersistenceException typed) {
        throw typed;
      }
      throw e;
    }
  }

  private Message message(Draft draft) {
    Message.Id id = draft.id().orElseGet(() -> Message.Id.at(clock.instant()));
    byte[] payload = StoredMessages.payload(draft);
    Optional<Instant> expires = draft.timeToLive().map(id.sentAt()::plus);
    return new Message(
        id,
        draft.envelope(),
        new String(payload, StandardCharsets.UTF_8),
        expires,
        Message.Marks.none());
  }

  private static Outgoing outgoing(Message message) {
    return new Outgoing(
        PLAN.name(),
        subject(message),
        Optional.of(message.id().uuid().toString()),
        Map.of("Message-Type", message.envelope().type().name()),
        Json.mapping(Message.class).encode(message));
  }

  /**
   * Returns the subject: the kind, then who or what it is for, then the message's own subject word
   * by word, so that consumers can filter by all of them.
   */
  static String subject(Message message) {
    Envelope envelope = message.envelope();
    String target =
        envelope
            .to()
            .map(agent -> agent.uuid().toString())
            .or(() -> envelope.channel().map(FleetingMessages::token))
            .or(() -> envelope.toType().map(FleetingMessages::token))
            .or(() -> envelope.correlation().map(Object::toString))
            .or(() -> envelope.from().map(agent -> agent.uuid().toString()))
            .orElse("all");
    String kind =
        envelope.type() == Message.Type.NOTIFICATION
            ? "notification"
            : envelope.channel().isEmpty() && envelope.toType().isEmpty() ? "direct" : "broadcast";
    return "messages."
        + kind
        + "."
        + target
        + envelope.subject().map(subject -> "." + words(subject)).orElse("");
  }

  private static String words(String subject) {
    return List.of(subject.split("\\.", -1)).stream()
        .map(FleetingMessages::token)
        .collect(Collectors.joining("."));
  }

  /** Writes what a word of a subject cannot hold as an equals sign and two digits a byte. */
  private static String token(String text) {
    StringBuilder token = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || b == '-'
              || b == '_';
      if (plain) {
        token.append((char) b);
      } else {
        token.append('=').append("%02X".formatted(b));
      }
    }
    return token.isEmpty() ? "=" : token.toString();
  }
}
