package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** One runtime's handle of a bucket; the stream behind it may be replaced at any time. */
final class MemoryBucket implements HotBucket {

  private final String name;
  private final Connection connection;
  private final Supplier<MemoryStream> current;
  private final Runnable nudgeAll;
  private final List<Runnable> nudgeActions = new CopyOnWriteArrayList<>();

  MemoryBucket(
      String name, Connection connection, Supplier<MemoryStream> current, Runnable nudgeAll) {
    this.name = name;
    this.connection = connection;
    this.current = current;
    this.nudgeAll = nudgeAll;
  }

  private MemoryStream stream() {
    connection.checkHot();
    return current.get();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String subject(StateKey key) {
    return current.get().subject(key);
  }

  @Override
  public BucketState state() {
    return stream().state(connection.now());
  }

  @Override
  public Duration maxAge() {
    return current.get().maxAge();
  }

  @Override
  public boolean hasReplicas() {
    return false;
  }

  @Override
  public int maxValueBytes() {
    return current.get().maxValueBytes();
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return stream()
        .publish(subject(key), operation, value, metadata, expectedSequence, connection.now());
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    return completed(() -> publish(key, operation, value, metadata, expectedSequence));
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return stream().last(subject(key), connection.now()).map(message -> message.toEntry(key, true));
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return completed(() -> get(key, from));
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    Map<StateKey, HotEntry> found = new LinkedHashMap<>();
    for (StateKey key : keys) {
      get(key, from).ifPresent(entry -> found.put(key, entry));
    }
    return found;
  }

  @Override
  public List<HotEntry> list(String agent, String prefix) {
    MemoryStream stream = stream();
    String start = stream.subjects().ofAgent(agent) + prefix;
    List<HotEntry> entries = new ArrayList<>();
    for (Message message : stream.lastByPrefix(start, connection.now())) {
      message.key().ifPresent(key -> entries.add(message.toEntry(key, false)));
    }
    return entries;
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return completed(() -> stream()).thenAccept(stream -> stream.evict(subject, throughSequence));
  }

  @Override
  public void evictAgent(String agent, long throughSequence) {
    MemoryStream stream = stream();
    stream.evictPrefix(stream.subjects().ofAgent(agent), throughSequence);
  }

  @Override
  public JournalReader read(JournalRange range) {
    return Cursor.open(stream(), range, connection);
  }

  @Override
  public void nudge() {
    connection.checkHot();
    nudgeAll.run();
  }

  @Override
  public void onNudge(Runnable action) {
    nudgeActions.add(action);
  }

  /** Somebody nudged. */
  void nudged() {
    nudgeActions.forEach(Runnable::run);
  }

  private static <T> CompletableFuture<T> completed(Supplier<T> call) {
    try {
      return CompletableFuture.completedFuture(call.get());
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
