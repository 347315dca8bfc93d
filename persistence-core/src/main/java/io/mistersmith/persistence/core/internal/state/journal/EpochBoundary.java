package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Finds the first message of a stream that went back which is new, that is, written after the
 * regression. Those before it were written in an earlier epoch: they are applied already, or keep
 * their place in it.
 *
 * <p>Sequences cannot tell, as the server uses them twice; times can. Within one life of a stream
 * times never fall, and nothing older than the last applied message is new. So a message is new
 * when
 *
 * <ul>
 *   <li>it was stored after the last applied one;
 *   <li>or its time is earlier than its predecessor's: the clock was set back in between, and what
 *       follows is of another life;
 *   <li>or the stream itself was recreated, and the message was stored since.
 * </ul>
 *
 * The search begins an overlap before the last applied message, so that a clock that was set back
 * by less than that hides nothing. One case can still escape: a clock set back by less than the
 * time between the last message kept and the last one applied. Then a new message can look like an
 * old one. It is refused only where PostgreSQL holds a later lost write of the same key.
 */
final class EpochBoundary {

  private static final Duration NEXT = Duration.ofSeconds(2);

  private final Journal journal;
  private final Duration overlap;

  EpochBoundary(Journal journal, Duration overlap) {
    this.journal = journal;
    this.overlap = overlap;
  }

  long find(JournalPosition position, BucketState state) {
    long behindTheEnd = state.lastSequence() + 1;
    if (state.messages() == 0) {
      return behindTheEnd;
    }
    Instant earliest = position.messageTime().minus(overlap);
    Instant start = earliest.isBefore(Instant.EPOCH) ? Instant.EPOCH : earliest;
    return search(JournalRange.from(start), position, state)
        .or(() -> search(JournalRange.from(1), position, state))
        .orElse(behindTheEnd);
  }

  boolean messageAtPositionIsAnother(JournalPosition position) {
    boolean remembered =
        position.sequence() > 0 && position.sequence() >= position.epochs().get(0).firstSequence();
    if (!remembered) {
      return false;
    }
    try (JournalReader reader =
        journal.read(JournalRange.from(position.sequence()).withoutValues())) {
      // Nothing may be left there: overwritten, or evicted.
      Optional<JournalEntry> entry = reader.next(Duration.ofMillis(250));
      return entry.isPresent()
          && entry.get().sequence() == position.sequence()
          && !entry.get().time().equals(position.messageTime());
    }
  }

  /** The first new message, or the end; empty when the range holds no message at all. */
  private Optional<Long> search(JournalRange range, JournalPosition position, BucketState state) {
    boolean recreated = !state.created().equals(position.streamCreated());
    try (JournalReader reader = journal.read(range.withoutValues())) {
      Instant previous = Instant.MIN;
      Optional<JournalEntry> next = reader.next(NEXT);
      while (next.isPresent()) {
        JournalEntry entry = next.get();
        boolean isNew =
            entry.time().isAfter(position.messageTime())
                || entry.time().isBefore(previous)
                || (recreated && !entry.time().isBefore(state.created()));
        if (isNew) {
          return Optional.of(entry.sequence());
        }
        if (entry.pending() == 0) {
          return Optional.of(entry.sequence() + 1);
        }
        previous = entry.time();
        next = reader.next(NEXT);
      }
      if (previous.equals(Instant.MIN)) {
        return Optional.empty();
      }
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "bucket " + journal.name() + ": the search for where its new epoch begins was cut off");
    }
  }
}
