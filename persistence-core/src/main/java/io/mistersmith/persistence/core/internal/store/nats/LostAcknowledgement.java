package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a write took effect whose acknowledgement did not come: the leader's entry of
 * its key carries the write's id, or the outcome stays unknown (another write may have followed it,
 * or it may still be on its way). Asks again until the deadline while the server is away.
 */
final class LostAcknowledgement {

  private static final Duration PAUSE = Duration.ofMillis(50);

  /** A server that is starting may drop a request: it is asked again rather than waited for. */
  private static final Duration ATTEMPT = Duration.ofMillis(500);

  private final NatsLink link;
  private final BucketReads reads;

  LostAcknowledgement(NatsLink link, BucketReads reads) {
    this.link = link;
    this.reads = reads;
  }

  /** Tells the sequence that the write got, or the failure that its caller gets. */
  void find(
      String what,
      StateKey key,
      String writeId,
      PersistenceException lost,
      long deadline,
      LongConsumer stored,
      Consumer<PersistenceException> failed) {
    ask(new Search(what, key, writeId, lost, deadline, stored, failed), false);
  }

  private record Search(
      String what,
      StateKey key,
      String writeId,
      PersistenceException lost,
      long deadline,
      LongConsumer stored,
      Consumer<PersistenceException> failed) {

    void unknown(String seen, @Nullable Throwable last) {
      TransientPersistenceException failure =
          new TransientPersistenceException(
              DataError.OUTCOME_UNKNOWN,
              what
                  + ": the acknowledgement was lost and the outcome is unknown ("
                  + seen
                  + "); read the entry before you write it again",
              lost);
      if (last != null) {
        failure.addSuppressed(last);
      }
      failed.accept(failure);
    }
  }

  /** Throws nothing: it runs on the timer's thread, too, where an exception would be lost. */
  private void ask(Search search, boolean missed) {
    try {
      askNow(search, missed);
    } catch (Throwable e) {
      search.unknown("the leader could not be asked", e);
    }
  }

  private void askNow(Search search, boolean missed) {
    long left = search.deadline() - System.nanoTime();
    if (left <= 0) {
      search.unknown("the leader did not answer in time", null);
      return;
    }
    Replies.deliver(
        reads.getAsync(
            search.key(), ReadFrom.LEADER, Duration.ofNanos(Math.min(left, ATTEMPT.toNanos()))),
        entry -> answered(search, missed, entry),
        failure -> failed(search, missed, failure));
  }

  /**
   * A server may answer a question before it stores a message that came earlier, so an entry is
   * looked for once more.
   */
  private void answered(Search search, boolean missed, Optional<HotEntry> entry) {
    Optional<HotEntry> own =
        entry.filter(found -> found.metadata().writeId().equals(Optional.of(search.writeId())));
    if (own.isPresent()) {
      search.stored().accept(own.get().sequence());
    } else if (missed) {
      search.unknown("the leader has no entry of this write", null);
    } else {
      link.later(PAUSE, () -> ask(search, true));
    }
  }

  private void failed(Search search, boolean missed, Throwable failure) {
    if (failure instanceof PersistenceException typed
        && typed.isTransient()
        && search.deadline() - System.nanoTime() > PAUSE.toNanos()) {
      link.later(PAUSE, () -> ask(search, missed));
    } else {
      search.unknown("the leader did not answer in time", failure);
    }
  }
}
