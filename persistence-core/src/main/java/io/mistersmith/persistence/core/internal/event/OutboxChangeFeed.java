package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.Change;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Backlog;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.stream.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The feed over the outbox and the relay. Thread-safe. */
public final class OutboxChangeFeed implements ChangeFeed {

  private static final JsonCodec<byte[]> BYTES =
      new JsonCodec<>() {
        @Override
        public byte[] encode(byte[] value) {
          return value;
        }

        @Override
        public byte[] decode(byte[] json) {
          return json;
        }
      };

  private final OutboxStore outbox;
  private final ChangeRelay relay;
  private final Streams streams;
  private final BooleanSupplier installed;
  private final boolean publishing;
  private final Services services;

  /**
   * The feed.
   *
   * @param installed whether the outbox is known to be there
   * @param publishing whether this runtime is configured to publish
   * @param services runs the services of this runtime
   */
  public OutboxChangeFeed(
      OutboxStore outbox,
      ChangeRelay relay,
      Streams streams,
      BooleanSupplier installed,
      boolean publishing,
      Services services) {
    this.outbox = outbox;
    this.relay = relay;
    this.streams = streams;
    this.installed = installed;
    this.publishing = publishing;
    this.services = services;
  }

  /** Returns the runner of this runtime's services. */
  public Services services() {
    return services;
  }

  @Override
  public State state() {
    if (!installed.getAsBoolean()) {
      return State.NOT_INSTALLED;
    }
    if (!publishing) {
      return State.OFF;
    }
    if (relay.isPaused()) {
      return State.PAUSED;
    }
    return relay.isPublishing() ? State.PUBLISHING : State.STANDING_BY;
  }

  @Override
  public Lag lag() {
    Backlog backlog = outbox.backlog();
    Position position = outbox.position();
    return new Lag(
        backlog.changes(),
        backlog.bytes(),
        backlog.lag(),
        position.tick(),
        position.tick() == 0 ? Optional.empty() : Optional.of(position.at()));
  }

  @Override
  public void pause() {
    relay.pause(true);
  }

  @Override
  public void resume() {
    relay.pause(false);
  }

  @Override
  public StreamConsumer consume(
      ConsumerPlan plan, StreamConsumer.Options options, StreamConsumer.Handler<Change> handler) {
    List<Class<? extends Exception>> hopeless = new ArrayList<>(options.hopeless());
    hopeless.add(UnreadableChangeException.class);
    return streams.consume(
        plan,
        BYTES,
        new StreamConsumer.Options(options.concurrency(), options.ordered(), hopeless),
        message -> handler.handle(with(message, ChangeReader.read(message))));
  }

  private static StreamMessage<Change> with(StreamMessage<byte[]> message, Change change) {
    return new StreamMessage<>(
        message.stream(),
        message.consumer(),
        message.subject(),
        message.id(),
        message.sequence(),
        message.time(),
        message.attempt(),
        message.headers(),
        change);
  }
}
