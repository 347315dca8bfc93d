package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Removes the contents of large values that nothing names.
 *
 * <p>A content is new before it is named, and PostgreSQL may learn of that late. A writer lets at
 * most half of the grace pass between a chunk and what follows it. So only contents are looked at
 * whose last chunk is older, by the whole grace, than everything that the journal still holds for
 * PostgreSQL.
 *
 * <p>An old content may be named anew, by a restore or under another key, while what named it until
 * then goes from PostgreSQL directly. So nothing is removed while the journal holds what is older
 * than half of the grace: a content goes when it was noted the whole grace ago, and by then every
 * name that was written until half of the grace later is applied.
 */
final class LargeValueSweep {

  private final FlushTarget target;
  private final LargeValueStore largeValues;
  private final Duration grace;
  private final Clock clock;

  LargeValueSweep(FlushTarget target, LargeValueStore largeValues, Duration grace, Clock clock) {
    this.target = target;
    this.largeValues = largeValues;
    this.grace = grace;
    this.clock = clock;
  }

  /** Looks at some contents; returns how many were removed. */
  int turn() {
    Instant asked = clock.instant();
    BucketState stream = target.journal().state();
    JournalPosition position = target.tracker().refresh();
    if (!stream.created().equals(position.streamCreated())) {
      return 0;
    }
    boolean allApplied = position.sequence() >= stream.lastSequence();
    if (!allApplied && position.messageTime().isBefore(asked.minus(grace.dividedBy(2)))) {
      return 0;
    }
    Instant horizon = allApplied ? asked : position.messageTime();
    return largeValues.sweep(horizon.minus(grace), grace);
  }
}
