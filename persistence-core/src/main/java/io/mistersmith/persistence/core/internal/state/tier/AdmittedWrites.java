package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Counts the writes that are under way, lets them in, and waits for their commit where it must be
 * waited for. A blocking write calls {@link #enter} before it begins, {@link #settle} when it is
 * acknowledged and {@link #leave} when it has ended. Thread-safe.
 *
 * @param underWay counts the writes, and refuses them once it is closed
 * @param admission lets writes in, where something may hold them up
 * @param through waits for the commit of every write, where the policy is to write through
 * @param executor waits for the commits of asynchronous writes
 */
record AdmittedWrites(
    WritesUnderWay underWay,
    Optional<Admission> admission,
    Optional<WriteThrough> through,
    Executor executor) {

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
    if (through.isPresent()) {
      through.get().awaitCommit(key, revision);
    } else if (held) {
      admission.orElseThrow().awaitCommit(key, revision);
    }
    return revision;
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
   */
  CompletableFuture<Revision.OfJournal> runAsync(
      StateKey key, Supplier<CompletableFuture<Revision.OfJournal>> write) {
    boolean begun = false;
    try {
      boolean held = enter(key);
      begun = true;
      CompletableFuture<Revision.OfJournal> written = write.get();
      if (through.isPresent()) {
        written = written.thenApplyAsync(revision -> settle(held, key, revision), executor);
      } else if (held) {
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
