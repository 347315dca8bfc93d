package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.tier.EntryTarget;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes attempts at steps that change an entry in KV, so that each takes effect once.
 *
 * <p>A row {@code BEGUN} comes first. It keeps the place of the key's latest message, what was
 * there, and the id of the write. The write goes to exactly that place, and carries the id. So at
 * most one write of a place takes effect, and every later reader of the key finds out which:
 *
 * <ul>
 *   <li>the latest message has the id: the step is done;
 *   <li>the place is unchanged: it is not done, and is tried again with the same id;
 *   <li>the entry has moved between the stores without being written: a write to the old place
 *       would be refused, and a new row {@code BEGUN} names the new one;
 *   <li>others wrote it, and the write is known to have been refused: a new row {@code BEGUN};
 *   <li>others wrote it, and the write may have come before theirs: nobody can tell. The step
 *       fails, and {@link EntryUndo} refuses to overwrite what they wrote.
 * </ul>
 *
 * <p>A place that was empty is empty again once the entry is evicted. A write that is delayed for
 * longer than the idle time to live of the buckets (30 minutes) can then still be taken.
 */
final class EntrySteps {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private final PlacedWrites entries;

  EntrySteps(PlacedWrites entries) {
    this.entries = entries;
  }

  StepResult act(OwnedRun owned, RunThread thread, Next.Act attempt, SagaStep.Entry step) {
    try {
      EntryTarget target =
          thread.call(
              owned.limit(attempt),
              () -> EntryTarget.of(step.change().apply(RunContext.of(owned, attempt)), entries));
      return write(owned, thread, attempt, target);
    } catch (OwnershipOverException e) {
      throw e;
    } catch (Throwable e) {
      return new StepResult.Row(
          LogRows.failed(attempt, owned.number(attempt), failure(owned, attempt, e)));
    }
  }

  /** What fails before anything has begun has certainly done nothing. */
  private static StepFailure failure(OwnedRun owned, Next.Act attempt, Throwable failure) {
    StepFailure plain = ofEntries(failure);
    return owned.progress().step(attempt).action().begun().isEmpty() ? plain.clean() : plain;
  }

  /** While NATS does not answer, no attempts are used up. */
  static StepFailure ofEntries(Throwable failure) {
    StepFailure plain = StepFailure.ofStores(failure);
    return failure instanceof TransientPersistenceException typed
            && (typed.error() == DataError.TIMEOUT || typed.error() == DataError.OUTCOME_UNKNOWN)
        ? plain.away()
        : plain;
  }

  private StepResult write(OwnedRun owned, RunThread thread, Next.Act attempt, EntryTarget target) {
    boolean isDoubtful = !begun(owned, attempt).isEmpty();
    Backoff conflicts = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    Deadline end = Deadline.after(owned.limit(attempt));
    while (true) {
      List<KeptEntry> begun = begun(owned, attempt);
      Latest latest = entries.latest(target.key());
      if (begun.stream().anyMatch(kept -> latest.writeId().equals(Optional.of(kept.writeId())))) {
        return done(owned, attempt, latest.revision());
      }
      Optional<KeptEntry> last =
          begun.isEmpty() ? Optional.empty() : Optional.of(begun.get(begun.size() - 1));
      boolean isForeign = last.isPresent() && !isSame(last.get(), target, latest);
      if (isForeign && isDoubtful) {
        throw new StepRefusedException(
            "key "
                + target.key()
                + ": others have written it, and it is not known whether the step wrote it before");
      }
      KeptEntry place;
      if (last.isPresent() && last.get().isAt(latest)) {
        place = last.get();
      } else {
        place = KeptEntry.of(target.key(), writeId(owned, attempt), latest);
        if (!begin(owned, thread, attempt, place, isForeign)) {
          return new StepResult.Reread();
        }
      }
      try {
        return done(owned, attempt, Optional.of(write(place, target)));
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT) {
          throw e;
        }
        if (end.hasPassed()) {
          StepFailure failure = StepFailure.of(e);
          return new StepResult.Row(
              LogRows.failed(
                  attempt, owned.number(attempt), isDoubtful ? failure : failure.clean()));
        }
      }
      thread.sleep(conflicts.next());
    }
  }

  private static boolean isSame(KeptEntry last, EntryTarget target, Latest latest) {
    if (!last.key().equals(target.key())) {
      throw new StepRefusedException(
          "the step names the entry " + target.key() + ", and named " + last.key() + " before");
    }
    return last.isSame(latest);
  }

  private Revision.OfJournal write(KeptEntry place, EntryTarget target) {
    return entries.write(
        place.place(), target.key(), target.json(), Optional.empty(), place.writeId());
  }

  private static int nextNumber(OwnedRun owned, Next.Act attempt) {
    return owned.progress().step(attempt).action().last() + 1;
  }

  private static String writeId(OwnedRun owned, Next.Act attempt) {
    return owned.run().id() + "-" + attempt.index() + "-" + nextNumber(owned, attempt);
  }

  /** Writes the row {@code BEGUN}; returns false when the log has other rows by now. */
  private static boolean begin(
      OwnedRun owned, RunThread thread, Next.Act attempt, KeptEntry place, boolean isClean) {
    Map<String, Object> data = new LinkedHashMap<>(place.data());
    if (isClean) {
      data.put(StepProgress.CLEAN, true);
    }
    NewEntry row = LogRows.begun(attempt.step(), nextNumber(owned, attempt), data);
    return owned.record(owned.planRow(row), thread);
  }

  private static List<KeptEntry> begun(OwnedRun owned, Next.Attempt attempt) {
    return KeptEntry.of(owned.progress().step(attempt));
  }

  private static StepResult done(
      OwnedRun owned, Next.Act attempt, Optional<Revision.OfJournal> revision) {
    Map<String, Object> result = new LinkedHashMap<>();
    revision.ifPresent(written -> result.put(EntryUndo.REVISION, written.toString()));
    return new StepResult.Row(LogRows.done(attempt, owned.number(attempt), result));
  }
}
