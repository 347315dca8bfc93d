package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.StreamConsumer.Handler;
import io.mistersmith.persistence.stream.StreamConsumer.Options;
import io.mistersmith.persistence.stream.StreamMessage;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handles one message: decodes it, calls the handler, and says what becomes of it. */
final class MessageHandling<T> {

  private static final Logger LOG = LoggerFactory.getLogger(MessageHandling.class);

  private static final String EPHEMERAL = "ephemeral";

  private final ConsumerPlan plan;
  private final JsonCodec<T> codec;
  private final Options options;
  private final Handler<T> handler;

  /** What becomes of a message. */
  sealed interface Outcome {

    /** It was handled. */
    record Done() implements Outcome {}

    /** It is handled again after a while. */
    record Retry(Duration delay) implements Outcome {}

    /** It is given up. */
    record GiveUp(String reason) implements Outcome {}
  }

  MessageHandling(ConsumerPlan plan, JsonCodec<T> codec, Options options, Handler<T> handler) {
    this.plan = plan;
    this.codec = codec;
    this.options = options;
    this.handler = handler;
  }

  ConsumerPlan plan() {
    return plan;
  }

  String consumer() {
    return plan.name().orElse(EPHEMERAL);
  }

  boolean isAcknowledged() {
    return plan.acknowledgement() == Acknowledgement.EXPLICIT;
  }

  /** Handles the message on the caller's thread. */
  Outcome handle(Stored message, int attempt) {
    String only = message.headers().get(Envelope.CONSUMER);
    if (only != null && !only.equals(consumer())) {
      return new Outcome.Done();
    }
    if (isAcknowledged() && attempt > plan.maxDeliver()) {
      return new Outcome.GiveUp(
          "delivered "
              + plan.maxDeliver()
              + " times without an answer: the process ended meanwhile, or took longer than"
              + " ackWait while it could not reach NATS");
    }
    T value;
    try {
      value = codec.decode(message.body());
    } catch (PersistenceException e) {
      return new Outcome.GiveUp("cannot be read: " + e.getMessage());
    } catch (Throwable e) { // an Error of the codec must not keep the message for good
      return failed(message, attempt, e);
    }
    try {
      handler.handle(
          new StreamMessage<>(
              plan.stream(),
              consumer(),
              message.subject(),
              Envelope.idOf(plan.stream(), message),
              message.sequence(),
              message.time(),
              attempt,
              Envelope.publishersOf(message),
              value));
      return new Outcome.Done();
    } catch (Throwable e) {
      return failed(message, attempt, e);
    }
  }

  /** The failure is the application's: its methods may throw. */
  private Outcome failed(Stored message, int attempt, Throwable failure) {
    String reason = describe(message, failure);
    boolean hopeless = options.hopeless().stream().anyMatch(type -> type.isInstance(failure));
    return hopeless || attempt >= plan.maxDeliver()
        ? new Outcome.GiveUp(reason)
        : new Outcome.Retry(delay(attempt));
  }

  private String describe(Stored message, Throwable failure) {
    String name = failure.getClass().getName();
    try {
      LOG.debug("{}: message {} was not handled", plan, message.sequence(), failure);
      String text = failure.getMessage();
      return text == null ? name : name + ": " + text;
    } catch (Throwable e) {
      return name;
    }
  }

  private Duration delay(int attempt) {
    List<Duration> delays = plan.backOff();
    return delays.get(Math.min(attempt, delays.size()) - 1);
  }
}
