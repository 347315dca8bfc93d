package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import io.mistersmith.persistence.stream.Streams.RunningConsumer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Streams through their guard. Fetchers go past it: they are read by services that go on trying by
 * themselves.
 */
final class GuardedStreams implements StreamStore {

  private static final StoreCall READ = new StoreCall("StreamStore.read", Repeat.READ);
  private static final StoreCall APPLY = new StoreCall("StreamStore.apply", Repeat.HOT_WRITE);
  private static final StoreCall PUBLISH = new StoreCall("StreamStore.publish", Repeat.HOT_WRITE);
  private static final StoreCall DELETE = new StoreCall("StreamStore.delete", Repeat.HOT_WRITE);

  private final StreamStore real;
  private final GuardedRole role;

  GuardedStreams(StreamStore real, GuardedRole role) {
    this.real = real;
    this.role = role;
  }

  @Override
  public StreamStore withPrefix(String namePrefix) {
    return new GuardedStreams(real.withPrefix(namePrefix), role);
  }

  @Override
  public Changes compare(StreamPlan plan) {
    return role.run(READ, () -> real.compare(plan));
  }

  @Override
  public Changes apply(StreamPlan plan) {
    return role.run(APPLY, () -> real.apply(plan));
  }

  @Override
  public Changes compare(ConsumerPlan plan) {
    return role.run(READ, () -> real.compare(plan));
  }

  @Override
  public Changes apply(ConsumerPlan plan) {
    return role.run(APPLY, () -> real.apply(plan));
  }

  @Override
  public Optional<Running> find(String stream) {
    return role.run(READ, () -> real.find(stream));
  }

  @Override
  public Optional<RunningConsumer> findConsumer(String stream, String consumer) {
    return role.run(READ, () -> real.findConsumer(stream, consumer));
  }

  @Override
  public boolean deleteStream(String stream) {
    return role.run(DELETE, () -> real.deleteStream(stream));
  }

  @Override
  public boolean deleteConsumer(String stream, String consumer) {
    return role.run(DELETE, () -> real.deleteConsumer(stream, consumer));
  }

  @Override
  public int maxPayload() {
    return real.maxPayload();
  }

  @Override
  public CompletableFuture<Published> publish(Outgoing message) {
    return role.start(PUBLISH, () -> real.publish(message));
  }

  @Override
  public Optional<Stored> lastBySubject(String stream, String subject) {
    return role.run(READ, () -> real.lastBySubject(stream, subject));
  }

  @Override
  public List<Stored> page(
      String stream, Optional<String> filter, long afterSequence, int max, Content content) {
    return role.run(READ, () -> real.page(stream, filter, afterSequence, max, content));
  }

  @Override
  public boolean remove(String stream, long sequence) {
    return role.run(DELETE, () -> real.remove(stream, sequence));
  }

  @Override
  public Fetcher fetcher(ConsumerPlan plan) {
    return real.fetcher(plan);
  }
}
