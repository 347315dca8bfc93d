package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Counts the writes that are under way, lets them in, and waits for their commit where it must be
 * waited for. A blocking write calls {@link #enter} before it begins, {@link #settle} when it is
 * acknowledged and {@link #leave} when it has ended. Thread-safe.
 *
 * @param underWay counts the writes, and refuses them once it is closed
 * @param admission lets writes in, where something may hold them up
 * @param commits waits for commits
 */
record AdmittedWrites(WritesUnderWay underWay, Optional<Admission> admission, CommitWaits commits) {

  /**
   * Lets a write begin, which {@link #leave} must end.
   *
   * @return whether the write is held up until its commit; {@link #settle} wants to know
   * @throws PersistenceException when the write is not let in; there is nothing to end then
   */
  boolean enter(StateKey key) {
    underWay.begin(key);
    boolean entered = false;
    try {
      boolean held = admission.isPresent() && admission.get().enter(key);
      entered = true;
      return held;
    } finally {
      if (!entered) {
        underWay.end();
      }
    }
  }

  /** Waits for the commit of an acknowledged write, where it must be waited for. */
  Revision.OfJournal settle(boolean held, StateKey key, Revision.OfJournal revision) {
    if (commits.isAlways()) {
      commits.await(key, revision);
    } else if (held) {
      commits.await(key, admission.orElseThrow().commitOf(Map.of(key, revision)));
    }
    return revision;
  }

  /** {@link #settle} of the writes of a step, which are committed together. */
  void settleStep(boolean held, Map<StateKey, Revision.OfJournal> step) {
    if (commits.isAlways()) {
      commits.await(step);
    } else if (held) {
      WrittenException.after(admission.orElseThrow().commitOf(step));
    }
  }

  /** Makes a write from beginning to end. */
  Revision.OfJournal run(StateKey key, Supplier<Revision.OfJournal> write) {
    boolean held = enter(key);
    try {
      return settle(held, key, write.get());
    } finally {
      leave();
    }
  }

  /** Ends a write that {@link #enter} let in. */
  void leave() {
    underWay.end();
  }

  /**
   * Starts a write, which is under way until its future completes. A write that is held up blocks
   * its caller until it is committed; one that is written through does not. The future fails with
   * this library's failures that {@code write} throws, and with the refusal of a write that is not
   * let in.
   *
   * @param bytes how large it is
   * @param committed whether it waits for its commit whatever the policy
   */
  CompletableFuture<Revision.OfJournal> runAsync(
      StateKey key,
      long bytes,
      boolean committed,
      Supplier<CompletableFuture<Revision.OfJournal>> write) {
    boolean begun = false;
    try {
      boolean held = enter(key);
      begun = true;
      boolean waits = committed || commits.isAlways();
      CompletableFuture<Revision.OfJournal> written =
          waits ? commits.start(key, bytes, write) : write.get();
      if (held && !waits) {
        written = CompletableFuture.completedFuture(settle(held, key, written.join()));
      }
      begun = false;
      return written.whenComplete((revision, failure) -> leave());
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    } catch (CompletionException e) {
      return CompletableFuture.failedFuture(e.getCause() == null ? e : e.getCause());
    } finally {
      if (begun) {
        leave();
      }
    }
  }
}
