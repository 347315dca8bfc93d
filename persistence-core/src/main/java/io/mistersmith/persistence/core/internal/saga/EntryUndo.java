package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
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
 * COMPENSATION_FAILED}. An entry that has its old value again counts as undone, even if others
 * wrote that. The write of the compensation has one id, so that a repetition recognises it.
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
      Map<String, Object> restored = new LinkedHashMap<>();
      write(owned, thread, attempt)
          .ifPresent(revision -> restored.put(REVISION, revision.toString()));
      return new StepResult.Row(LogRows.done(attempt, attempt.attempt(), restored));
    } catch (OwnershipOverException e) {
      throw e;
    } catch (RuntimeException e) {
      return new StepResult.Row(
          LogRows.failed(attempt, attempt.attempt(), EntrySteps.ofEntries(e)));
    }
  }

  private static String writeId(OwnedRun owned, int index) {
    return owned.run().id() + "-" + index + "-undo";
  }

  /** Returns the revision that the entry has then, if there was something to write. */
  private Optional<Revision.OfJournal> write(OwnedRun owned, RunThread thread, Next.Undo attempt) {
    List<KeptEntry> begun = KeptEntry.of(owned.progress().step(attempt));
    String writeId = writeId(owned, attempt.index());
    Backoff conflicts = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    Deadline end = Deadline.after(owned.limit(attempt));
    while (true) {
      Latest latest = entries.latest(begun.get(0).key());
      if (latest.writeId().equals(Optional.of(writeId))) {
        return latest.revision();
      }
      KeptEntry previous = previous(owned, attempt, begun, latest);
      boolean isFenced = begun.stream().noneMatch(kept -> kept.place() == latest.place());
      if (isFenced && previous.hasSameValue(latest)) {
        return Optional.empty();
      }
      try {
        return Optional.of(restore(previous, latest.place(), writeId));
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
      OwnedRun owned, Next.Undo attempt, List<KeptEntry> begun, Latest latest) {
    KeptEntry last = begun.get(begun.size() - 1);
    Optional<Revision> revision = withoutLaterSteps(owned, attempt, last.key(), latest);
    for (KeptEntry kept : begun) {
      if (latest.writeId().equals(Optional.of(kept.writeId()))
          || kept.revision().equals(revision)) {
        return kept;
      }
    }
    boolean isOurs =
        revision.isPresent()
            && revision.equals(revisionOf(owned.progress().step(attempt).result()));
    if (isOurs || last.hasSameValue(latest)) {
      return last;
    }
    throw new StepRefusedException(
        "key "
            + last.key()
            + ": others have written it since the step, so it is not overwritten. It has revision "
            + latest.revision().map(Revision::toString).orElse("none")
            + "; put it as it was and resume the saga, or give the saga up");
  }

  /**
   * Returns the revision of an entry. Where later steps of the run have written it, and were undone
   * before, it is the one that they found.
   */
  private static Optional<Revision> withoutLaterSteps(
      OwnedRun owned, Next.Undo attempt, StateKey key, Latest latest) {
    Optional<Revision> revision = latest.revision().map(Revision.class::cast);
    List<StepProgress> steps = owned.progress().steps();
    for (int index = steps.size() - 1; index > attempt.index(); index--) {
      StepProgress later = steps.get(index);
      if (later.undone().isEmpty() || !(later.step().action() instanceof SagaStep.Entry)) {
        continue;
      }
      List<KeptEntry> begun = KeptEntry.of(later);
      KeptEntry last = begun.get(begun.size() - 1);
      boolean isItsOwn =
          latest.writeId().equals(Optional.of(writeId(owned, index)))
              || (revision.isPresent()
                  && (revision.equals(revisionOf(later.undone()))
                      || revision.equals(revisionOf(later.result()))));
      if (last.key().equals(key) && isItsOwn) {
        revision = last.revision().map(Revision.class::cast);
      }
    }
    return revision;
  }

  private static Optional<Revision> revisionOf(Optional<Map<String, Object>> kept) {
    return kept.map(data -> data.get(REVISION)).map(text -> Revision.parse(text.toString()));
  }

  private Revision.OfJournal restore(KeptEntry previous, long place, String writeId) {
    boolean isOver = previous.ownEnd().filter(end -> !end.isAfter(clock.instant())).isPresent();
    return entries.write(
        place,
        previous.key(),
        isOver ? Optional.empty() : previous.value(),
        isOver ? Optional.empty() : previous.ownEnd(),
        writeId);
  }
}
