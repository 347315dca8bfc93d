package io.mistersmith.persistence.core.metrics;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The agents whose writes waited longest in the last minute, however many agents there are: a slice
 * of ten seconds keeps its own worst ones, and who is among the worst of all slices is among those
 * of one of them. Thread-safe.
 */
final class WorstLags {

  private static final int SLICES = 6;
  private static final long SLICE_NANOS = Duration.ofSeconds(10).toNanos();

  private final int most;
  private final LongSupplier ticks;
  private final Deque<Slice> slices = new ArrayDeque<>(SLICES + 1);

  private record Slice(long number, Map<AgentId, Long> worst) {}

  /** Keeps this many agents; {@code ticks} are nanoseconds that never go back. */
  WorstLags(int most, LongSupplier ticks) {
    this.most = most;
    this.ticks = ticks;
  }

  synchronized void note(Map<AgentId, Long> lags) {
    Map<AgentId, Long> worst = present().worst();
    lags.forEach(
        (agent, lag) -> {
          worst.merge(agent, lag, Math::max);
          if (worst.size() > most) {
            worst.remove(least(worst));
          }
        });
  }

  private Slice present() {
    long number = ticks.getAsLong() / SLICE_NANOS;
    if (slices.isEmpty() || slices.getLast().number() != number) {
      slices.addLast(new Slice(number, new HashMap<>()));
    }
    while (slices.getFirst().number() <= number - SLICES) {
      slices.removeFirst();
    }
    return slices.getLast();
  }

  private static AgentId least(Map<AgentId, Long> lags) {
    return lags.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  /** Returns the worst agents with their longest lags in nanoseconds, the worst first. */
  synchronized Map<AgentId, Long> worst() {
    Slice unused = present();
    Map<AgentId, Long> all = new HashMap<>();
    slices.forEach(
        slice -> slice.worst().forEach((agent, lag) -> all.merge(agent, lag, Math::max)));
    Map<AgentId, Long> worst = new LinkedHashMap<>();
    all.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(most)
        .forEach(entry -> worst.put(entry.getKey(), entry.getValue()));
    return worst;
  }
}
