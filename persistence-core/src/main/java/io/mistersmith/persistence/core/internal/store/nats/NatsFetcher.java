package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.api.ConsumerInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a consumer over whatever connection there is. Each loss fails one fetch. */
final class NatsFetcher implements Fetcher {

  private final NatsLink link;
  private final StreamMessages messages;
  private final ConsumerSetup consumers;
  private final StreamOwner owner;
  private final ConsumerPlan plan;
  private final String stream;
  private final String what;
  private final boolean acknowledged;
  private @Nullable PullSubscription open;
  private long lastSequence;
  private boolean closed;

  NatsFetcher(
      NatsLink link,
      StreamMessages messages,
      ConsumerSetup consumers,
      StreamOwner owner,
      ConsumerPlan plan) {
    this.link = link;
    this.messages = messages;
    this.consumers = consumers;
    this.owner = owner;
    this.plan = plan;
    this.stream = messages.names().stream(plan.stream());
    this.what =
        "read "
            + plan.name().map(name -> "consumer " + name).orElse("an ephemeral consumer")
            + " of stream "
            + stream;
    this.acknowledged = plan.acknowledgement() == Acknowledgement.EXPLICIT;
  }

  @Override
  public synchronized List<Delivered> fetch(int max, Duration wait) {
    PullSubscription reader = open;
    try {
      if (reader == null) {
        reader = open();
        open = reader;
      }
      List<Delivered> delivered = new ArrayList<>();
      for (Message message : reader.some(max, wait)) {
        lastSequence = Math.max(lastSequence, message.metaData().streamSequence());
        delivered.add(new NatsDelivered(link, message, messages.delivered(message), acknowledged));
      }
      return delivered;
    } catch (PersistenceException e) {
      open = null;
      if (reader != null) {
        reader.close();
      }
      throw e;
    }
  }

  private PullSubscription open() {
    if (closed) {
      throw new NonTransientPersistenceException(DataError.CLOSED, what + ": it was closed");
    }
    owner.requireOwnHere();
    Connection connection = link.connection();
    return PullSubscription.onDemand(
        plan.name().isPresent() ? durable(connection, plan.name().get()) : ephemeral(connection),
        plan.maxBatchBytes(),
        plan.maxWait());
  }

  private PulledConsumer durable(Connection connection, String name) {
    ConsumerInfo info =
        consumers
            .find(plan.stream(), name)
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.NOT_FOUND, what + ": it does not exist; apply its plan"));
    return PulledConsumer.of(connection, info, what, true);
  }

  private PulledConsumer ephemeral(Connection connection) {
    ConsumerPlan from =
        lastSequence == 0 ? plan : plan.toBuilder().start(Start.at(lastSequence + 1)).build();
    try {
      return PulledConsumer.ephemeral(link, connection, stream, what, consumers.create(from));
    } catch (PersistenceException e) {
      throw e.getCause() == null ? e : StreamFailures.of(link, what, stream, e.getCause());
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    PullSubscription reader = open;
    open = null;
    if (reader == null) {
      return;
    }
    for (Message message : reader.rest()) {
      new NatsDelivered(link, message, messages.delivered(message), acknowledged)
          .retryAfter(Duration.ZERO);
    }
    reader.close();
  }
}
