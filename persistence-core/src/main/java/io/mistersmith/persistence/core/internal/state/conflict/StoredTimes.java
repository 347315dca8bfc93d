package io.mistersmith.persistence.core.internal.state.conflict;

import io.mistersmith.persistence.conflict.Conflict.Candidate;
import io.mistersmith.persistence.core.internal.state.tier.KeyState;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.time.Duration;

/**
 * When a stored version was written, as far as that is to be believed. The writer says it, by its
 * own clock; the server notes when it stored the version, which cannot be before it was written.
 *
 * <p>A timestamp that is later than the storing comes from a writer whose clock is ahead. Taken at
 * its word it would win against every write of the others until their clocks have come that far. It
 * is therefore taken to be of the time of the storing.
 */
final class StoredTimes {

  /**
   * How far ahead a timestamp may be and still count: by a little it only means that the writer's
   * estimate of the server's clock was not exact, and then the writer's own order counts.
   */
  private static final Duration TOLERATED = Duration.ofSeconds(1);

  private StoredTimes() {}

  /**
   * Returns where the version comes from, with a time that a write which was called for at {@code
   * now} can compare itself with.
   */
  static Provenance trusted(KeyState keyState, HybridTimestamp now) {
    long stored = keyState.writtenAt().toEpochMilli();
    if (stored - now.millis() > HybridClock.DEFAULT_MAX_DRIFT.toMillis()) {
      // The server's own clock was ahead and was set since. The version was seen before this write.
      stored = Math.max(0, now.millis() - 1);
    }
    Provenance said = said(keyState);
    long latest = stored;
    return said.timestamp().millis() - latest <= TOLERATED.toMillis()
        ? said
        : new Provenance(new HybridTimestamp(latest, 0, said.timestamp().node()), said.clock());
  }

  /**
   * Returns the stored provenance. A version without one gets the store's time and an unknown node.
   */
  private static Provenance said(KeyState keyState) {
    return keyState
        .provenance()
        .orElseGet(
            () ->
                Provenance.of(
                    new HybridTimestamp(
                        keyState.writtenAt().toEpochMilli(), 0, Candidate.UNKNOWN_NODE)));
  }
}
