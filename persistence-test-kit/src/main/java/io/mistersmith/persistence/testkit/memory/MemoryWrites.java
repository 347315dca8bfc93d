package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Writes to a bucket in memory. */
record MemoryWrites(MemoryBucket bucket) implements HotWrites {

  @Override
  public String name() {
    return bucket.name();
  }

  @Override
  public int maxValueBytes() {
    return bucket.unchecked().maxValueBytes();
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return bucket
        .own()
        .publish(
            bucket.unchecked().subject(key),
            operation,
            value,
            metadata,
            expectedSequence,
            bucket.connection().now());
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return MemoryBucket.completed(() -> publish(key, operation, value, metadata, expectedSequence));
  }

  @Override
  public long publishTogether(List<Outgoing> messages) {
    return bucket.own().publishTogether(messages, bucket.connection().now());
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return MemoryBucket.completed(() -> bucket.own())
        .thenAccept(stream -> stream.evict(subject, throughSequence));
  }

  @Override
  public CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through) {
    return MemoryBucket.completed(() -> bucket.own())
        .thenAccept(stream -> subjects.forEach(stream::evict));
  }

  @Override
  public CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence) {
    return MemoryBucket.completed(() -> bucket.own())
        .thenAccept(
            stream -> stream.evictPrefix(stream.subjects().ofAgent(agent), throughSequence));
  }
}
