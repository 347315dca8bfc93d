package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of a log: where it ended, and its head. Both only spare requests. Whether
 * they can be used is a matter of their age: what was written since they were known cannot have
 * been evicted while they are fresh. Thread-safe.
 */
final class LogMemory {

  /**
   * A head.
   *
   * @param head the head; {@link Head#NEW} where there is none
   * @param revision its revision; empty where there is none
   * @param sinceMillis when it was the latest
   */
  record KnownHead(Head head, Optional<Revision.OfJournal> revision, long sinceMillis) {}

  private static final Duration LONGEST_TURN = Duration.ofSeconds(5);

  /** Held by the thread that appends: the others of this process would only take its version. */
  private final ReentrantLock appending = new ReentrantLock();

  private @Nullable Tail tail;
  private @Nullable KnownHead head;
  private long ageCheckedMillis;
  private long sizeChecked = -1;

  /**
   * Waits for this thread's turn to append. The turn only spares conflicts: who waits for too long
   * goes on without it.
   *
   * @return whether it is this thread's turn, which {@link #endTurn} must end
   */
  boolean awaitTurn() {
    try {
      return appending.tryLock(LONGEST_TURN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the next request ends the call
      return false;
    }
  }

  void endTurn() {
    appending.unlock();
  }

  synchronized Optional<Tail> tail() {
    return Optional.ofNullable(tail);
  }

  synchronized void note(Tail found) {
    Tail known = tail;
    if (known == null
        || found.version() > known.version()
        || (found.version() == known.version() && found.sinceMillis() > known.sinceMillis())) {
      tail = found;
    }
  }

  synchronized void forgetTail() {
    tail = null;
  }

  synchronized Optional<KnownHead> head() {
    return Optional.ofNullable(head);
  }

  /** Notes a head, and returns the latest one that is known then. */
  synchronized KnownHead note(KnownHead found) {
    KnownHead known = head;
    if (known == null || !isEarlier(found.revision(), known.revision())) {
      head = found;
      return found;
    }
    return known;
  }

  /** Forgets this head, unless another one is known by now. */
  synchronized void forget(KnownHead gone) {
    if (gone.equals(head)) {
      head = null;
    }
  }

  private static boolean isEarlier(
      Optional<Revision.OfJournal> one, Optional<Revision.OfJournal> other) {
    return other.isPresent() && (one.isEmpty() || other.get().isAfter(one.get()));
  }

  /** Returns whether so many bytes came since this was last true, or it is not known. */
  synchronized boolean isSizeDue(long bytes, long slack) {
    boolean due = sizeChecked < 0 || bytes - sizeChecked > slack;
    if (due) {
      sizeChecked = bytes;
    }
    return due;
  }

  /** Returns whether the entries' age was not looked at since then, and notes that it is now. */
  synchronized boolean isAgeDue(long before, long now) {
    boolean due = ageCheckedMillis <= before;
    if (due) {
      ageCheckedMillis = now;
    }
    return due;
  }
}
