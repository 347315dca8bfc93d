package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Reads a bucket in memory. */
record MemoryReads(MemoryBucket bucket) implements HotReads {

  @Override
  public String name() {
    return bucket.name();
  }

  @Override
  public Duration maxAge() {
    return bucket.unchecked().maxAge();
  }

  @Override
  public boolean hasReplicas() {
    return false;
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return bucket
        .own()
        .last(bucket.unchecked().subject(key), bucket.connection().now())
        .map(message -> message.toEntry(key, true));
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return MemoryBucket.completed(() -> get(key, from));
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    MemoryStream stream = bucket.own();
    Map<StateKey, HotEntry> found = new LinkedHashMap<>();
    stream.lock().lock();
    try {
      for (StateKey key : keys) {
        get(key, from).ifPresent(entry -> found.put(key, entry));
      }
    } finally {
      stream.lock().unlock();
    }
    return found;
  }

  @Override
  public Optional<MessagePlace> latest(AgentId agent) {
    MemoryStream stream = bucket.own();
    return stream.lastByPrefix(stream.subjects().ofAgent(agent), bucket.connection().now()).stream()
        .max(Comparator.comparingLong(Message::sequence))
        .map(message -> new MessagePlace(message.sequence(), message.time()));
  }

  @Override
  public Optional<HotEntry> latest(AgentId agent, String prefix) {
    MemoryStream stream = bucket.own();
    String start = stream.subjects().ofAgent(agent) + prefix;
    return stream.lastByPrefix(start, bucket.connection().now()).stream()
        .filter(message -> message.subject().indexOf('.', start.length()) < 0)
        .max(Comparator.comparingLong(Message::sequence))
        .flatMap(message -> message.key().map(key -> message.toEntry(key, true)));
  }

  @Override
  public List<HotEntry> list(AgentId agent, String prefix) {
    MemoryStream stream = bucket.own();
    String start = stream.subjects().ofAgent(agent) + prefix;
    List<HotEntry> entries = new ArrayList<>();
    for (Message message : stream.lastByPrefix(start, bucket.connection().now())) {
      message.key().ifPresent(key -> entries.add(message.toEntry(key, false)));
    }
    return entries;
  }
}
