package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.guard.StoreCall.Repeat;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Writes to a bucket through its guard, each with the actor of its thread. What removes flushed
 * entries belongs to the flush, which the failures of callers must not hold up, and goes past it.
 */
final class GuardedWrites implements HotWrites {

  private static final StoreCall PUBLISH = new StoreCall("HotWrites.publish", Repeat.HOT_WRITE);

  private static final StoreCall PUBLISH_TOGETHER =
      new StoreCall("HotWrites.publishTogether", Repeat.HOT_WRITE);

  private final HotWrites real;
  private final GuardedRole role;

  GuardedWrites(HotWrites real, GuardedRole role) {
    this.real = real;
    this.role = role;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public int maxValueBytes() {
    return real.maxValueBytes();
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    EntryMetadata signed = metadata.by(Actor.current());
    return role.send(
        PUBLISH,
        real.name(),
        trace -> real.publish(key, operation, value, signed.withTrace(trace), expectedSequence));
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    EntryMetadata signed = metadata.by(Actor.current());
    return role.startToSend(
        PUBLISH,
        real.name(),
        trace ->
            real.publishAsync(key, operation, value, signed.withTrace(trace), expectedSequence));
  }

  @Override
  public long publishTogether(List<Outgoing> messages) {
    Optional<Actor> actor = Actor.current();
    return role.send(
        PUBLISH_TOGETHER,
        real.name(),
        trace -> real.publishTogether(signed(messages, trace, actor)));
  }

  private static List<Outgoing> signed(
      List<Outgoing> messages, Optional<String> trace, Optional<Actor> actor) {
    return trace.isEmpty() && actor.isEmpty()
        ? messages
        : messages.stream()
            .map(
                message ->
                    new Outgoing(
                        message.key(),
                        message.operation(),
                        message.value(),
                        message.metadata().by(actor).withTrace(trace),
                        message.expectedSequence()))
            .toList();
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return real.evict(subject, throughSequence);
  }

  @Override
  public CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through) {
    return real.evictAll(subjects, through);
  }

  @Override
  public CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence) {
    return real.evictAgent(agent, throughSequence);
  }
}
