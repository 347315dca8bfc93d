package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.Comparator;
import java.util.Optional;

/**
 * A value that was set at a time, or removed at that time.
 *
 * @param value nothing where it was removed
 * @param at when
 */
record Stamped(Optional<Object> value, HybridTimestamp at) {

  /** Later wins; what one clock cannot have made twice is ordered all the same. */
  static final Comparator<Stamped> BY_TIME =
      Comparator.comparing(Stamped::at)
          .thenComparing((one, other) -> JsonValue.compare(one.value, other.value));
}
