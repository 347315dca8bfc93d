package io.mistersmith.persistence.core.internal.state.tier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.Optional;

/**
 * The latest versions with a provenance that this process stored, as many as fit: most likely their
 * keys still have them. A write after one by compare-and-set fails if the key has changed. A read
 * must not return one without asking the leader, since another process may have written.
 */
final class OwnVersions {

  private static final long MAX_BYTES = 8L << 20;

  /** The approximate bytes that an entry takes beside its value. */
  private static final int OVERHEAD = 500;

  private final Tiers tiers;
  private final Cache<StateKey, StoredState> latest;

  OwnVersions(Tiers tiers) {
    this.tiers = tiers;
    this.latest =
        Caffeine.newBuilder()
            .maximumWeight(MAX_BYTES)
            .weigher((StateKey key, StoredState version) -> OVERHEAD + version.value().length)
            .executor(Runnable::run)
            .build();
  }

  /** Notes a version with a provenance that was just stored. */
  void note(StoredState version) {
    latest
        .asMap()
        .merge(version.key(), version, (a, b) -> b.revision().isAfter(a.revision()) ? b : a);
  }

  /** Returns the version if this process knows of no later one and the stream is still the same. */
  Optional<KeyState> find(StateKey key) {
    StoredState version = latest.getIfPresent(key);
    if (version == null
        || !tiers.isFresh(version.writtenAt().toEpochMilli())
        || !tiers.known().of(key).equals(Optional.of(version.revision()))) {
      return Optional.empty();
    }
    return tiers.revisions().sequenceOf(version.revision()).stream()
        .mapToObj(place -> keyState(version, place))
        .findFirst();
  }

  private KeyState keyState(StoredState version, long place) {
    return new KeyState(
        Optional.of(version).filter(tiers::isLive).map(this::entry),
        version.revision(),
        version.writtenAt(),
        version.provenance(),
        version.deleted(),
        place);
  }

  private Entry entry(StoredState version) {
    Optional<Instant> ownEnd = version.expiresAt();
    Optional<Instant> expiresAt = tiers.lifetimes().endOf(ownEnd, version.writtenAt());
    return new Entry(
        version.key(),
        version.value(),
        version.revision(),
        version.writtenAt(),
        StorageLayer.DISTRIBUTED_KV,
        expiresAt,
        ownEnd,
        version.provenance(),
        true,
        false,
        Optional.empty());
  }
}
