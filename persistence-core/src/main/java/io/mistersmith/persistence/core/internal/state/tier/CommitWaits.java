package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits until PostgreSQL has committed acknowledged writes: of all of them, or of those that ask.
 *
 * <p>Asynchronous writes wait on threads of their own, so that PostgreSQL's absence delays nothing
 * that can do without it. The time of each begins with its acknowledgement, so that all end in time
 * however few these threads are. A write has a place in a window until it ends. Thread-safe.
 */
public final class CommitWaits {

  /** The waits that the call on this thread puts off, for one key. */
  private static final ThreadLocal<@Nullable PutOff> PUT_OFF = new ThreadLocal<>();

  private record PutOff(CommitWaits of, StateKey key, List<Runnable> waits) {}

  private final Commits commits;
  private final Duration limit;
  private final boolean always;
  private final Window window;
  private final Executor waiting;
  private final Executor answering;

  /**
   * Waits for {@code commits}.
   *
   * @param limit how long a write waits
   * @param always whether all writes wait, since the policy is to write through
   * @param window bounds the asynchronous writes that wait
   * @param waiting waits for asynchronous writes
   * @param answering completes their futures, whose continuations must not keep others waiting
   */
  public CommitWaits(
      Commits commits,
      Duration limit,
      boolean always,
      Window window,
      Executor waiting,
      Executor answering) {
    this.commits = commits;
    this.limit = limit;
    this.always = always;
    this.window = window;
    this.waiting = waiting;
    this.answering = answering;
  }

  /** Whether all writes wait. */
  public boolean isAlways() {
    return always;
  }

  /** Waits for the commit of a write that was just acknowledged, or puts that off. */
  public void await(StateKey key, Revision.OfJournal revision) {
    putOffOr(key, wait(key, revision));
  }

  /** Waits as {@code commit} does for that of a write which was just acknowledged. */
  void await(StateKey key, Runnable commit) {
    putOffOr(key, () -> WrittenException.after(commit));
  }

  private void putOffOr(StateKey key, Runnable wait) {
    PutOff putOff = PUT_OFF.get();
    if (putOff != null && putOff.of() == this && putOff.key().equals(key)) {
      putOff.waits().add(wait);
    } else {
      wait.run();
    }
  }

  private Runnable wait(StateKey key, Revision.OfJournal revision) {
    Deadline deadline = Deadline.after(limit);
    return () -> WrittenException.after(() -> commits.await(key, revision, deadline.left()));
  }

  /** Waits for the commit of a step that was just acknowledged. */
  public void await(Map<StateKey, Revision.OfJournal> step) {
    WrittenException.after(() -> commits.awaitStep(step, limit));
  }

  /** Whether this failure of a write says that it took effect, but is not known to be committed. */
  public static boolean isWritten(PersistenceException failure) {
    return failure.getCause() instanceof WrittenException;
  }

  /** Starts a write; the future completes when it is committed. */
  CompletableFuture<Revision.OfJournal> start(
      StateKey key, long bytes, Supplier<CompletableFuture<Revision.OfJournal>> write) {
    window.enter(bytes, () -> "write " + key);
    CompletableFuture<Revision.OfJournal> written;
    try {
      written = write.get();
    } catch (RuntimeException | Error e) {
      window.leave(bytes);
      throw e;
    }
    return written
        .thenCompose(
            revision ->
                CompletableFuture.runAsync(wait(key, revision), waiting)
                    .thenApply(committed -> revision))
        .whenComplete((revision, failure) -> window.leave(bytes))
        .whenCompleteAsync((revision, failure) -> {}, answering);
  }

  /**
   * Makes writes of a key on this thread without waiting for their commits; the future completes
   * when they are committed. Other writes, which application code makes in between, do wait.
   */
  public <R> CompletableFuture<R> putOff(StateKey key, Supplier<R> write) {
    List<Runnable> waits = new ArrayList<>(1);
    R result;
    PutOff outer = PUT_OFF.get();
    PUT_OFF.set(new PutOff(this, key, waits));
    try {
      result = write.get();
    } finally {
      if (outer == null) {
        PUT_OFF.remove();
      } else {
        PUT_OFF.set(outer);
      }
    }
    if (waits.isEmpty()) {
      return CompletableFuture.completedFuture(result);
    }
    return CompletableFuture.runAsync(() -> waits.forEach(Runnable::run), waiting)
        .thenApply(committed -> result)
        .whenCompleteAsync((answer, failure) -> {}, answering);
  }
}
