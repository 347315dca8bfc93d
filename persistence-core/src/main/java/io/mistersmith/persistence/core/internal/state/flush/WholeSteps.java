package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells where a batch of journal entries may end, so that the rows that it leaves show each step
 * whole. Used by one thread, for one batch.
 *
 * <ul>
 *   <li>Not within a step: its last entry has to be in the batch. A server that is killed while it
 *       stores a step completes it when it starts, so the rest is awaited.
 *   <li>An entry of a step that was overwritten more often than the bucket's history is no longer
 *       in the stream. Its key then has a later entry there, at the latest at the stream's present
 *       end. Until the batch has that one, too, the key's row would be from before the step. So the
 *       batch goes on to there.
 *   <li>That later entry may be overwritten in its turn before the reader comes to it. So if any
 *       entry is missing up to there, the stream is asked for its end once more, and the batch goes
 *       on.
 * </ul>
 *
 * <p>The last two rules hold for as much as fits into memory: a batch grows to at most {@value
 * #MOST_GROWTH} times its bounds. With a longer backlog it ends before, and the rows of such a step
 * are whole once the flush has caught up.
 */
final class WholeSteps {

  /** How many times its bounds a batch may have, to bring overwritten steps whole. */
  static final int MOST_GROWTH = 16;

  private static final Logger LOG = LoggerFactory.getLogger(WholeSteps.class);

  /** How long the rest of a step is waited for before the stream is asked whether it has it. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final int LOOKS = 3;

  private final LongSupplier streamEnd;
  private final String journal;
  private Optional<String> step = Optional.empty();
  private long stepLast;
  private long seen;
  private long pending;
  private long growUntil;
  private boolean overwritten;
  private int lookedInVain;
  private Deadline look = Deadline.after(PATIENCE);

  /**
   * Begins with a batch.
   *
   * @param streamEnd asks the stream of {@code journal} for its last sequence
   */
  WholeSteps(String journal, LongSupplier streamEnd) {
    this.journal = journal;
    this.streamEnd = streamEnd;
  }

  /** Notes an entry of the batch. */
  void add(JournalEntry entry) {
    long sequence = entry.sequence();
    boolean missing = sequence != seen + 1;
    overwritten |= missing && seen < growUntil;
    Optional<StepPlace> place = entry.metadata().step();
    if (place.isPresent() || seen < stepLast) {
      Optional<String> id = place.isEmpty() ? Optional.empty() : entry.metadata().writeId();
      boolean sameStep = id.isPresent() && id.equals(step);
      overwritten |=
          sameStep ? missing : seen < stepLast || (place.isPresent() && place.get().index() != 1);
      step = id;
      stepLast = place.map(p -> p.lastSequence(sequence)).orElse(0L);
      lookedInVain = 0;
      look = Deadline.after(PATIENCE);
    }
    seen = sequence;
    pending = entry.pending();
    if (overwritten && seen >= growUntil) {
      growUntil = streamEnd.getAsLong();
      overwritten = false;
    }
  }

  /** Whether the batch may end here, however large it is. */
  boolean isWhole() {
    return seen >= stepLast;
  }

  /** Whether the batch may end here, if it need not end for its size. */
  boolean isSettled() {
    return isWhole() && (seen >= growUntil || pending == 0);
  }

  /**
   * Call this when no entry came although the batch is to go on. Returns whether it has to do
   * without the rest: it was removed since, or the stream has lost it and stores nothing any more.
   *
   * @param position how far the reader has looked at the stream
   */
  boolean isRestGone(long position) {
    if (!look.hasPassed()) {
      return false;
    }
    look = Deadline.after(PATIENCE);
    if (isWhole() || position >= stepLast) {
      return true;
    }
    lookedInVain = streamEnd.getAsLong() < stepLast ? lookedInVain + 1 : 0;
    if (lookedInVain < LOOKS) {
      return false;
    }
    LOG.warn(
        "bucket {}: the stream ends within a step, at sequence {} of up to {}, and stores nothing"
            + " more. A server completes a step when it starts, so it has lost messages; the part"
            + " is flushed",
        journal,
        seen,
        stepLast);
    return true;
  }
}
