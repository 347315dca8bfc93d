package io.mistersmith.persistence.core.internal.routing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.spi.Provenance;
import java.time.Instant;
import java.util.Optional;

/**
 * The versions with a provenance that this process stored last, as many as fit: what most likely
 * stands at their keys still. Whoever writes after one by compare-and-set learns whether it does;
 * whoever wants to answer with one must ask the leader, since another process may have been there.
 */
final class OwnVersions {

  private static final long MAX_BYTES = 8L << 20;

  /** What an entry takes beside its value, roughly. */
  private static final int OVERHEAD = 500;

  /**
   * A version.
   *
   * @param json its value; nothing for a delete
   */
  record Version(
      Optional<byte[]> json,
      Revision revision,
      Instant writtenAt,
      Optional<Instant> expiresAt,
      Provenance provenance) {}

  private final Tiers tiers;
  private final Cache<StateKey, Version> latest;

  OwnVersions(Tiers tiers) {
    this.tiers = tiers;
    this.latest =
        Caffeine.newBuilder()
            .maximumWeight(MAX_BYTES)
            .weigher(
                (StateKey key, Version version) ->
                    OVERHEAD + version.json().map(json -> json.length).orElse(0))
            .executor(Runnable::run)
            .build();
  }

  void note(StateKey key, Version version) {
    latest.asMap().merge(key, version, (a, b) -> b.revision().isAfter(a.revision()) ? b : a);
  }

  /** The version, where this process has not met a later one and the stream is the same still. */
  Optional<Standing> find(StateKey key) {
    Version version = latest.getIfPresent(key);
    if (version == null
        || !tiers.freshness().isFresh(version.writtenAt())
        || !tiers.known().of(key).equals(Optional.of(version.revision()))) {
      return Optional.empty();
    }
    return tiers.revisions().sequenceOf(version.revision()).stream()
        .mapToObj(place -> standing(key, version, place))
        .findFirst();
  }

  private Standing standing(StateKey key, Version version, long place) {
    return new Standing(
        version
            .json()
            .filter(json -> !tiers.isPast(version.expiresAt()))
            .map(json -> entry(key, json, version)),
        version.revision(),
        version.writtenAt(),
        Optional.of(version.provenance()),
        place);
  }

  private Entry entry(StateKey key, byte[] json, Version version) {
    Optional<Instant> ownEnd = version.expiresAt();
    Optional<Instant> expiresAt = tiers.lifetimes().endOf(ownEnd, version.writtenAt());
    return new Entry(
        key,
        json,
        version.revision(),
        version.writtenAt(),
        StorageLayer.DISTRIBUTED_KV,
        expiresAt,
        ownEnd,
        Optional.of(version.provenance()),
        true);
  }
}
