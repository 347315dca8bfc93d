package io.mistersmith.persistence.examples.quickstart;

import java.util.Map;
import java.util.TreeMap;

/** How often each value was measured. Not thread-safe. */
final class Distribution {

  private final TreeMap<Long, Long> counts = new TreeMap<>();
  private long total;

  void add(long value) {
    add(value, 1);
  }

  void add(long value, long times) {
    counts.merge(value, times, Long::sum);
    total += times;
  }

  long total() {
    return total;
  }

  /** The smallest value that {@code percent} of all values do not exceed; 0 without any. */
  long percentile(int percent) {
    long rank = Math.max(1, (total * percent + 99) / 100);
    long seen = 0;
    for (Map.Entry<Long, Long> entry : counts.entrySet()) {
      seen += entry.getValue();
      if (seen >= rank) {
        return entry.getKey();
      }
    }
    return 0;
  }
}
