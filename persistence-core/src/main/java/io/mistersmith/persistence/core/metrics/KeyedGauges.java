package io.mistersmith.persistence.core.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Gauges of things that come and go, one set for each thing that is there. What stays keeps its
 * gauges: a registry that is read while gauges are replaced may show both. Thread-safe.
 *
 * @param <K> what names a thing
 */
final class KeyedGauges<K> implements Gauges {

  private final Function<K, Gauges> kind;
  private final Map<K, Gauges> shown = new HashMap<>();

  KeyedGauges(Function<K, Gauges> kind) {
    this.kind = kind;
  }

  /** Shows these things and no others. */
  synchronized void show(Set<K> present) {
    shown
        .entrySet()
        .removeIf(
            thing -> {
              boolean gone = !present.contains(thing.getKey());
              if (gone) {
                thing.getValue().close();
              }
              return gone;
            });
    showToo(present);
  }

  /** Shows these things, and goes on to show the others. */
  synchronized void showToo(Set<K> more) {
    more.forEach(thing -> shown.computeIfAbsent(thing, kind));
  }

  @Override
  public void close() {
    show(Set.of());
  }
}
