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
 * <p>A restore, or an entry under another key, may name an old content again, while the checkpoint
 * or agent that named it before is deleted from PostgreSQL directly. The new name may still wait in
 * the journal. So nothing is removed while the journal holds entries older than half of the grace.
 * A content is removed the whole grace after it was noted; names written in the first half of that
 * time have been applied by then.
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

  /**
   * What a turn did.
   *
   * @param looked how many contents it looked at for the first time in a while
   * @param removed how many it removed
   */
  record Turn(int looked, int removed) {

    static final Turn NOTHING = new Turn(0, 0);

    /** Whether another turn may find some more. */
    boolean mayGoOn() {
      return looked > 0 || removed > 0;
    }
  }

  /** Looks at some contents, each time at others. */
  Turn turn() {
    Instant asked = clock.instant();
    BucketState stream = target.journal().state();
    JournalPosition position = target.tracker().refresh();
    if (!stream.created().equals(position.streamCreated())) {
      return Turn.NOTHING;
    }
    boolean allApplied = position.sequence() >= stream.lastSequence();
    if (!allApplied && position.messageTime().isBefore(asked.minus(grace.dividedBy(2)))) {
      return Turn.NOTHING;
    }
    Instant horizon = allApplied ? asked : position.messageTime();
    int removed = largeValues.removeUnnamed(grace);
    return new Turn(largeValues.noteUnnamed(horizon.minus(grace), grace), removed);
  }
}
