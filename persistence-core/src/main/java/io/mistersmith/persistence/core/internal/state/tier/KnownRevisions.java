package io.mistersmith.persistence.core.internal.state.tier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.mistersmith.persistence.model.Revision;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The latest revision of each key that this process wrote or read: the floor below which no later
 * read of it may answer. Bounded; once a key had to be forgotten, nothing is certain about those
 * that are not in here.
 *
 * @param <K> the type of the keys
 */
public final class KnownRevisions<K> {

  /**
   * The latest known state of a key.
   *
   * @param revision its latest known revision
   * @param expiresAt when that one ends
   * @param atMillis since when this is known
   */
  public record Known(Revision revision, Optional<Instant> expiresAt, long atMillis) {

    private static Known later(Known one, Known other) {
      return one.revision.isAfter(other.revision) ? one : other;
    }
  }

  private final Cache<K, Known> latest;
  private final Clock clock;
  private final AtomicReference<@Nullable Revision> highestForgotten = new AtomicReference<>();
  private volatile boolean overflowed;

  /** Remembers the revisions of at most {@code capacity} keys, and since when they are known. */
  public KnownRevisions(int capacity, Clock clock) {
    this.clock = clock;
    this.latest =
        Caffeine.newBuilder()
            .maximumSize(capacity)
            .executor(Runnable::run)
            .<K, Known>evictionListener(
                (key, known, cause) -> {
                  if (cause == RemovalCause.SIZE && known != null) {
                    overflowed = true;
                    highestForgotten.accumulateAndGet(known.revision(), KnownRevisions::higher);
                  }
                })
            .build();
  }

  private static Revision higher(@Nullable Revision one, @Nullable Revision other) {
    return one == null || Objects.requireNonNull(other).isAfter(one)
        ? Objects.requireNonNull(other)
        : one;
  }

  /** Notes that this revision of the key was written or read. */
  public void note(K key, Revision revision, Optional<Instant> expiresAt) {
    Known known = latest.getIfPresent(key);
    if (known == null || revision.isAfter(known.revision())) {
      latest.asMap().merge(key, new Known(revision, expiresAt, clock.millis()), Known::later);
    }
  }

  /** Forgets a key whose entity was deleted, and whose revisions may begin again. */
  public void forget(K key) {
    latest.invalidate(key);
  }

  /** Returns the latest known state of the key. */
  public Optional<Known> find(K key) {
    return Optional.ofNullable(latest.getIfPresent(key));
  }

  /** The latest known revision of the key. */
  public Optional<Revision> of(K key) {
    return find(key).map(Known::revision);
  }

  /** Whether a key that is not in here may have been known once. */
  public boolean isIncomplete() {
    return overflowed;
  }

  /**
   * Returns the highest revision of a key that had to be forgotten since the store last went back:
   * none of these keys was known with a later one.
   */
  public Optional<Revision> highestForgotten() {
    return Optional.ofNullable(highestForgotten.get());
  }

  /** Forgets everything, because the store itself went back. */
  public void clear() {
    latest.invalidateAll();
    highestForgotten.set(null);
    overflowed = false;
  }
}
