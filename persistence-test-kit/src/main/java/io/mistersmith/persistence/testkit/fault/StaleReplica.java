package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A replica that lags by one write a key. */
final class StaleReplica {

  private record Place(String bucket, StateKey key) {}

  private final Map<Place, Optional<HotEntry>> before = new ConcurrentHashMap<>();

  /** Notes what a key was before a write. */
  void remember(String bucket, StateKey key, Optional<HotEntry> entry) {
    before.put(new Place(bucket, key), entry);
  }

  /** Whether the replica has anything else of a key than the leader. */
  boolean lags(String bucket, StateKey key) {
    return before.containsKey(new Place(bucket, key));
  }

  /** Returns the replica's entry of a key that it {@linkplain #lags lags} in. */
  Optional<HotEntry> recall(String bucket, StateKey key) {
    return before.getOrDefault(new Place(bucket, key), Optional.empty());
  }

  void clear() {
    before.clear();
  }
}
