package io.mistersmith.persistence.core.internal.routing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.mistersmith.persistence.model.Revision;
import java.util.Optional;

/**
 * The latest revision of each key that this process wrote or read: the floor below which no later
 * read of it may answer. Bounded; once a key had to be forgotten, nothing is certain about those
 * that are not in here.
 *
 * @param <K> the type of the keys
 */
public final class KnownRevisions<K> {

  private final Cache<K, Revision> latest;
  private volatile boolean overflowed;

  /** Remembers the revisions of at most {@code capacity} keys. */
  public KnownRevisions(int capacity) {
    this.latest =
        Caffeine.newBuilder()
            .maximumSize(capacity)
            .executor(Runnable::run)
            .<K, Revision>evictionListener(
                (key, revision, cause) -> overflowed |= cause == RemovalCause.SIZE)
            .build();
  }

  /** Notes that this revision of the key was written or read. */
  public void note(K key, Revision revision) {
    Revision known = latest.getIfPresent(key);
    if (known == null || revision.isAfter(known)) {
      latest.asMap().merge(key, revision, (a, b) -> a.isAfter(b) ? a : b);
    }
  }

  /** The latest known revision of the key. */
  public Optional<Revision> of(K key) {
    return Optional.ofNullable(latest.getIfPresent(key));
  }

  /** Whether a key that is not in here may have been known once. */
  public boolean isIncomplete() {
    return overflowed;
  }

  /** Forgets everything, because the store itself went back. */
  public void clear() {
    latest.invalidateAll();
  }
}
