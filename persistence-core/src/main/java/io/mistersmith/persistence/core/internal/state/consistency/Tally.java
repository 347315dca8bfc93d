package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The counts of a check so far. Used by one thread. */
final class Tally {

  private static final int MOST_KEPT = 1_000;

  /** Beyond it a key that several messages lead to may be counted more than once. */
  private static final int MOST_SEEN = 100_000;

  private final Map<Inconsistency.Kind, Long> found = new EnumMap<>(Inconsistency.Kind.class);
  private final List<Inconsistency> kept = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private long compared;
  private long inFlight;
  private long deadLettered;

  void compared(long keys) {
    compared += keys;
  }

  void inFlight(long keys) {
    inFlight += keys;
  }

  void deadLettered() {
    deadLettered++;
  }

  /** Whether it was not found before: an older message of a key leads to it again. */
  boolean isNew(String subject) {
    return !seen.contains(subject);
  }

  void found(Inconsistency inconsistency) {
    found.merge(inconsistency.kind(), 1L, Long::sum);
    if (kept.size() < MOST_KEPT) {
      kept.add(inconsistency);
    }
    if (seen.size() < MOST_SEEN) {
      seen.add(inconsistency.subject());
    }
  }

  ConsistencyReport report(CheckScope scope, Instant startedAt, Duration took) {
    return new ConsistencyReport(
        scope, startedAt, took, compared, inFlight, deadLettered, found, kept);
  }
}
