package io.mistersmith.persistence.core.internal.state.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The kept slots, bounded by weight. Each slot belongs to a coverage of its shard; when that ends,
 * the slot is ignored, so that no caller has to wait until the map is cleared. Thread-safe.
 *
 * @param <E> the type of the entries
 */
final class Slots<E extends Cacheable> {

  /** The approximate bytes that a key and its slot take beside the texts and the value. */
  private static final int OVERHEAD = 250;

  private final Cache<StateKey, Slot<E>> slots;
  private final CoarseClock clock;
  private final Tallies tallies;
  private final Duration maxAge;
  private final long liveMillis;
  private final long negativeMillis;

  Slots(CacheConfig config, CoarseClock clock, Tallies tallies, Duration maxAge) {
    this.clock = clock;
    this.tallies = tallies;
    this.maxAge = maxAge;
    this.liveMillis = config.timeToLive().toMillis();
    this.negativeMillis = Math.min(liveMillis, config.negativeTimeToLive().toMillis());
    this.slots =
        Caffeine.newBuilder()
            .maximumWeight(config.maxWeightBytes())
            .weigher((StateKey key, Slot<E> slot) -> weight(key, slot))
            .<StateKey, Slot<E>>evictionListener((key, slot, cause) -> tallies.evicted())
            .executor(Runnable::run)
            .build();
  }

  private static int weight(StateKey key, Slot<?> slot) {
    long weight =
        OVERHEAD + key.agent().toString().length() + key.key().length() + 2L * slot.bytes();
    return (int) Math.min(Integer.MAX_VALUE, weight);
  }

  /** Drops everything. */
  void clear() {
    slots.invalidateAll();
  }

  /** The slot of a key, whether it can be answered or not. */
  @Nullable Slot<E> get(StateKey key) {
    return slots.getIfPresent(key);
  }

  /** Keeps what a load found, unless the key was changed meanwhile or something newer is there. */
  void keep(StateKey key, Flight<E> flight, Optional<E> found) {
    boolean brief = found.isEmpty() || !found.get().isSettled();
    long millis = brief ? negativeMillis : liveMillis;
    if (flight.coverage().isOver() || millis == 0) {
      return;
    }
    long now = clock.millis();
    Slot<E> loaded =
        new Slot<>(
            found.orElse(null),
            flight.coverage(),
            now,
            now + millis,
            found.map(this::endOf).orElse(Slot.NEVER));
    var unused =
        slots
            .asMap()
            .compute(
                key,
                (k, present) -> {
                  if (!flight.mayKeep(found)) {
                    tallies.refused();
                    return present;
                  }
                  return present != null && isNewer(present, found) ? present : loaded;
                });
  }

  private boolean isNewer(Slot<E> present, Optional<E> found) {
    return found.isPresent()
        && present.isValid(clock.millis(), clock)
        && found.get().revision().compareTo(present.revision().orElse(found.get().revision())) < 0;
  }

  /** By its own time to live, or by the bucket's. */
  private long endOf(E entry) {
    long own = entry.expiresAt().map(Instant::toEpochMilli).orElse(Slot.NEVER);
    return maxAge.isZero() ? own : Math.min(own, entry.writtenAt().plus(maxAge).toEpochMilli());
  }

  /** Drops what a write of this revision replaced, where no load can be keeping anything. */
  void drop(StateKey key, Revision revision) {
    Slot<E> slot = slots.asMap().get(key);
    if (slot != null && slot.isBefore(revision) && slots.asMap().remove(key, slot)) {
      tallies.invalidated();
    }
  }

  /** Under the map's lock, so that it comes after a thread that is just keeping something. */
  void dropIf(StateKey key, Predicate<Slot<E>> outdated) {
    var unused =
        slots
            .asMap()
            .compute(
                key,
                (k, slot) -> {
                  if (slot != null && outdated.test(slot)) {
                    tallies.invalidated();
                    return null;
                  }
                  return slot;
                });
  }

  /** Drops all of an owner's keys. */
  void dropOwner(AgentId agent) {
    for (StateKey key : slots.asMap().keySet()) {
      if (key.agent().equals(agent)) {
        dropIf(key, slot -> true);
      }
    }
  }

  CacheStats stats(boolean watching) {
    slots.cleanUp();
    long weight =
        slots.policy().eviction().map(eviction -> eviction.weightedSize().orElse(0)).orElse(0L);
    return tallies.stats(slots.estimatedSize(), weight, watching);
  }
}
