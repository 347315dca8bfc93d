package io.mistersmith.persistence.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a comparison of KV with PostgreSQL found.
 *
 * @param scope what was to be compared
 * @param startedAt when it began
 * @param took how long it took
 * @param compared how many keys were compared; one that is met again by an older message counts
 *     again
 * @param inFlight how many were not, because they were being written or not flushed in time
 * @param deadLettered how many differ because PostgreSQL refused them; they are kept as dead
 *     letters
 * @param found how many inconsistencies there are of each kind
 * @param inconsistencies the first 1,000 of them
 */
public record ConsistencyReport(
    CheckScope scope,
    Instant startedAt,
    Duration took,
    long compared,
    long inFlight,
    long deadLettered,
    Map<Inconsistency.Kind, Long> found,
    List<Inconsistency> inconsistencies) {

  /** Keeps copies. */
  public ConsistencyReport {
    found = Map.copyOf(found);
    inconsistencies = List.copyOf(inconsistencies);
  }

  /** Whether nothing was found. */
  public boolean isConsistent() {
    return found.isEmpty();
  }
}
