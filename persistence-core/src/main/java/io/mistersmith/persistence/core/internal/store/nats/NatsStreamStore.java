package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams of one installation. Thread-safe. */
final class NatsStreamStore implements StreamStore {

  private static final Logger LOG = LoggerFactory.getLogger(NatsStreamStore.class);

  private final Function<String, StreamStore> withPrefix;
  private final NatsLink link;
  private final BucketOpener opener;
  private final StreamNames names;
  private final StreamSetup setup;
  private final ConsumerSetup consumers;
  private final StreamMessages messages;
  private final StreamPublishes publishes;
  private final StreamReads reads;
  private final Map<String, StreamOwner> owners = new ConcurrentHashMap<>();
  private volatile long maxPayload = Integer.MAX_VALUE;

  NatsStreamStore(
      NatsLink link, NatsConfig config, BucketOpener opener, Notices notices, Window window) {
    this.withPrefix =
        prefix ->
            new NatsStreamStore(
                link, config.toBuilder().namePrefix(prefix).build(), opener, notices, window);
    this.link = link;
    this.opener = opener;
    this.names = new StreamNames(config.namePrefix());
    this.messages = new StreamMessages(names);
    this.setup = new StreamSetup(link, config, names, opener, notices, opener.installation());
    this.consumers = new ConsumerSetup(link, names, opener);
    this.publishes = new StreamPublishes(link, names, window);
    this.reads = new StreamReads(link, messages);
  }

  private StreamOwner owner(String stream) {
    return owners.computeIfAbsent(
        names.stream(stream),
        name -> {
          link.watchOver(name);
          return StreamOwner.ofStream(link, name, opener.installation());
        });
  }

  @Override
  public StreamStore withPrefix(String namePrefix) {
    return withPrefix.apply(namePrefix);
  }

  @Override
  public Changes compare(StreamPlan plan) {
    return setup.compare(plan);
  }

  @Override
  public Changes apply(StreamPlan plan) {
    return setup.apply(plan);
  }

  @Override
  public Changes compare(ConsumerPlan plan) {
    owner(plan.stream()).requireOwnHere();
    return consumers.compare(plan);
  }

  @Override
  public Changes apply(ConsumerPlan plan) {
    owner(plan.stream()).requireOwnHere();
    return consumers.apply(plan);
  }

  @Override
  public Optional<Running> find(String stream) {
    owner(stream).requireOwnHere();
    try {
      StreamInfo info = opener.streams().getStreamInfo(names.stream(stream));
      StreamState state = info.getStreamState();
      return Optional.of(
          new Running(
              stream,
              info.getCreateTime().toInstant(),
              state.getMsgCount() == 0 ? state.getLastSequence() + 1 : state.getFirstSequence(),
              state.getLastSequence(),
              state.getMsgCount(),
              state.getByteCount(),
              info.getConfiguration().getReplicas()));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      if (NatsFailures.isStreamMissing(e)) {
        return Optional.empty();
      }
      throw link.failure("look at stream " + names.stream(stream), e);
    }
  }

  @Override
  public Optional<RunningConsumer> findConsumer(String stream, String consumer) {
    owner(stream).requireOwnHere();
    return consumers
        .find(stream, consumer)
        .map(
            info ->
                new RunningConsumer(
                    consumer,
                    info.getNumPending(),
                    info.getNumAckPending(),
                    info.getRedelivered(),
                    info.getDelivered().getStreamSequence(),
                    info.getAckFloor().getStreamSequence()));
  }

  @Override
  public boolean deleteStream(String stream) {
    owner(stream).requireOwnHere();
    try {
      return opener.streams().deleteStream(names.stream(stream));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      if (NatsFailures.isStreamMissing(e)) {
        return false;
      }
      throw link.failure("delete stream " + names.stream(stream), e);
    }
  }

  @Override
  public boolean deleteConsumer(String stream, String consumer) {
    owner(stream).requireOwnHere();
    return consumers.delete(stream, consumer);
  }

  @Override
  public int maxPayload() {
    try {
      maxPayload = link.connection().getMaxPayload();
    } catch (PersistenceException e) {
      LOG.trace("{}; the last connection's limit holds", e.getMessage());
    }
    return (int) Math.min(Integer.MAX_VALUE, maxPayload);
  }

  @Override
  public CompletableFuture<Published> publish(Outgoing message) {
    return publishes.publish(message, owner(message.stream()));
  }

  @Override
  public Optional<Stored> lastBySubject(String stream, String subject) {
    owner(stream).requireOwnHere();
    return reads.lastBySubject(stream, subject);
  }

  @Override
  public List<Stored> page(
      String stream, Optional<String> filter, long afterSequence, int max, Content content) {
    owner(stream).requireOwnHere();
    return reads.page(stream, filter, afterSequence, max, content);
  }

  @Override
  public boolean remove(String stream, long sequence) {
    owner(stream).requireOwnHere();
    return reads.remove(stream, sequence);
  }

  @Override
  public Fetcher fetcher(ConsumerPlan plan) {
    return new NatsFetcher(link, messages, consumers, owner(plan.stream()), plan);
  }
}
