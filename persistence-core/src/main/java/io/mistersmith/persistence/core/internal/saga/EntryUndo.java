package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Undoes steps that change an entry in KV: writes the exact bytes that were there, or deletes.
 *
 * <p>The write goes to the place of the key's latest message, and only if that is the step's own
 * write, or what was there before the step. It is made in the second case too, where the step has
 * not been done: it takes the place that the step's write needs, so that one that is still on its
 * way is refused when it arrives after its compensation. Where nothing was there, that is a marker
 * of a deleted entry. Others see the entry with a new revision then.
 *
 * <p>Others' writes are not overwritten: the compensation is refused, and the run is {@code
 * COMPENSATION_FAILED}. An entry that has its old value again counts as undone, whoever wrote it.
 * The write of the compensation has one id, so that a repetition recognises it.
 */
final class EntryUndo {

  /** In the result of a step: the revision that it wrote. */
  static final String REVISION = "revision";

  private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private final PlacedWrites entries;
  private final Clock clock;

  /** Undoes entries whose times to live are measured by {@code clock}. */
  EntryUndo(PlacedWrites entries, Clock clock) {
    this.entries = entries;
    this.clock = clock;
  }

  StepResult undo(OwnedRun owned, RunThread thread, Next.Undo attempt) {
    try {
      write(owned, thread, attempt);
      return new StepResult.Row(LogRows.done(attempt, attempt.attempt(), Map.of()));
    } catch (OwnershipOverException e) {
      throw e;
    } catch (RuntimeException e) {
      return new StepResult.Row(
          LogRows.failed(attempt, attempt.attempt(), EntrySteps.ofEntries(e)));
    }
  }

  private void write(OwnedRun owned, RunThread thread, Next.Undo attempt) {
    List<KeptEntry> begun = EntrySteps.begun(owned, attempt);
    Optional<Revision> written =
        owned
            .progress()
            .step(attempt)
            .result()
            .map(result -> result.get(REVISION))
            .map(revision -> Revision.parse(revision.toString()));
    String writeId = owned.run().id() + "-" + attempt.index() + "-undo";
    Backoff conflicts = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    Deadline end = Deadline.after(owned.limit(attempt));
    while (true) {
      Latest latest = entries.latest(begun.get(0).key());
      if (latest.writeId().equals(Optional.of(writeId))) {
        return;
      }
      KeptEntry previous = previous(begun, written, latest);
      boolean isFenced = begun.stream().noneMatch(kept -> kept.place() == latest.place());
      if (isFenced && previous.hasSameValue(latest)) {
        return;
      }
      try {
        restore(previous, latest.place(), writeId);
        return;
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT || end.hasPassed()) {
          throw e;
        }
      }
      thread.sleep(conflicts.next());
    }
  }

  /**
   * Returns what is to be restored.
   *
   * @throws StepRefusedException when others have written the entry
   */
  private static KeptEntry previous(
      List<KeptEntry> begun, Optional<Revision> written, Latest latest) {
    KeptEntry last = begun.get(begun.size() - 1);
    for (KeptEntry kept : begun) {
      if (latest.writeId().equals(Optional.of(kept.writeId())) || kept.isSame(latest)) {
        return kept;
      }
    }
    boolean isOurs = latest.revision().isPresent() && latest.revision().equals(written);
    if (isOurs || last.hasSameValue(latest)) {
      return last;
    }
    StateKey key = last.key();
    throw new StepRefusedException(
        "key "
            + key
            + ": others have written it since the step, so it is not overwritten. It has revision "
            + latest.revision().map(Revision::toString).orElse("none")
            + "; put it as it was and resume the saga, or give the saga up");
  }

  private void restore(KeptEntry previous, long place, String writeId) {
    boolean isOver = previous.ownEnd().filter(end -> !end.isAfter(clock.instant())).isPresent();
    Revision.OfJournal unused =
        entries.write(
            place,
            previous.key(),
            isOver ? Optional.empty() : previous.value(),
            isOver ? Optional.empty() : previous.ownEnd(),
            writeId);
  }
}
