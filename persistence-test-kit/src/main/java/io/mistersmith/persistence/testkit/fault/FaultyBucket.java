package io.mistersmith.persistence.testkit.fault;

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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A bucket with faults. What comes before an asynchronous call happens on the caller's thread, so
 * that the order of its calls is kept; what comes after, on the thread that completes it.
 */
final class FaultyBucket implements HotBucket {

  private final HotBucket real;
  private final Faults faults;

  FaultyBucket(HotBucket real, Faults faults) {
    this.real = real;
    this.faults = faults;
  }

  @Override
  public String name() {
    return real.name();
  }

  @Override
  public String subject(StateKey key) {
    return real.subject(key);
  }

  @Override
  public BucketState state() {
    return faults.run(Call.BUCKET_STATE, real::state);
  }

  @Override
  public Duration maxAge() {
    return real.maxAge();
  }

  @Override
  public boolean hasReplicas() {
    return faults.isStale() || real.hasReplicas();
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
    return faults.run(
        Call.PUBLISH,
        () -> {
          Optional<HotEntry> before = beforeWrite(key);
          long sequence = real.publish(key, operation, value, metadata, expectedSequence);
          noteStale(key, before);
          return sequence;
        });
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    Optional<HotEntry> before = beforeWrite(key);
    return later(
        Call.PUBLISH,
        () -> real.publishAsync(key, operation, value, metadata, expectedSequence),
        () -> noteStale(key, before));
  }

  private Optional<HotEntry> beforeWrite(StateKey key) {
    return faults.isStale() ? real.get(key, ReadFrom.LEADER) : Optional.empty();
  }

  private void noteStale(StateKey key, Optional<HotEntry> before) {
    if (faults.isStale()) {
      faults.replica().remember(name(), key, before);
    }
  }

  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    return faults.run(Call.GET, () -> lags(key, from) ? stale(key) : real.get(key, from));
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    return later(
        Call.GET,
        () ->
            lags(key, from)
                ? CompletableFuture.completedFuture(stale(key))
                : real.getAsync(key, from),
        () -> {});
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    return faults.run(
        Call.GET,
        () -> {
          Map<StateKey, HotEntry> found = new LinkedHashMap<>(real.getAll(keys, from));
          for (StateKey key : keys) {
            if (lags(key, from)) {
              found.remove(key);
              stale(key).ifPresent(entry -> found.put(key, entry));
            }
          }
          return found;
        });
  }

  private boolean lags(StateKey key, ReadFrom from) {
    return faults.isStale() && from == ReadFrom.ANY_REPLICA && faults.replica().lags(name(), key);
  }

  private Optional<HotEntry> stale(StateKey key) {
    return faults.replica().recall(name(), key);
  }

  @Override
  public List<HotEntry> list(String agent, String prefix) {
    return faults.run(
        Call.GET,
        () ->
            real.list(agent, prefix).stream()
                .map(
                    entry ->
                        lags(entry.key(), ReadFrom.ANY_REPLICA)
                            ? stale(entry.key()).orElse(entry)
                            : entry)
                .toList());
  }

  @Override
  public CompletableFuture<Set<StateKey>> keysAsync(String agent) {
    return later(
        Call.GET, () -> real.keysAsync(agent).thenApply(this::withoutThoseToCome), () -> {});
  }

  /** Without the keys that a replica which lags has nothing of yet. */
  private Set<StateKey> withoutThoseToCome(Set<StateKey> keys) {
    return keys.stream()
        .filter(key -> !lags(key, ReadFrom.ANY_REPLICA) || stale(key).isPresent())
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return later(Call.EVICT, () -> real.evict(subject, throughSequence), () -> {});
  }

  @Override
  public void evictAgent(String agent, long throughSequence) {
    boolean lostAcknowledgement = faults.before(Call.EVICT);
    real.evictAgent(agent, throughSequence);
    faults.on(Call.EVICT).after(lostAcknowledgement);
  }

  @Override
  public JournalReader read(JournalRange range) {
    return faults.run(Call.OPEN_READER, () -> new FaultyReader(real.read(range), faults));
  }

  @Override
  public void nudge() {
    boolean lostAcknowledgement = faults.before(Call.NUDGE);
    real.nudge();
    faults.on(Call.NUDGE).after(lostAcknowledgement);
  }

  @Override
  public void onNudge(Runnable action) {
    real.onNudge(action);
  }

  /** The result fails with the failure itself, as the real one does, not with a wrapper of it. */
  private <T> CompletableFuture<T> later(
      Call call, Supplier<CompletableFuture<T>> action, Runnable onSuccess) {
    boolean lostAcknowledgement;
    try {
      lostAcknowledgement = faults.before(call);
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    var unused =
        action
            .get()
            .whenComplete(
                (value, failure) -> {
                  try {
                    if (failure != null) {
                      result.completeExceptionally(failure);
                    } else {
                      onSuccess.run();
                      faults.on(call).after(lostAcknowledgement);
                      result.complete(value);
                    }
                  } catch (PersistenceException e) {
                    result.completeExceptionally(e);
                  }
                });
    return result;
  }
}
