package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Finds the keys that a scope means, and hands them out in small sets. Thread-safe. */
final class Candidates {

  /** So many values are in memory at once, of each store. */
  private static final int CHUNK = 32;

  private static final int PLACES = 8;
  private static final Duration NEXT = Duration.ofSeconds(2);

  private final HotReads reads;
  private final Journal journal;

  Candidates(HotReads reads, Journal journal) {
    this.reads = reads;
    this.journal = journal;
  }

  /** Gives sets of keys to {@code keys}, and messages that have no key to {@code foreign}. */
  void find(CheckScope scope, Consumer<Set<StateKey>> keys, Consumer<JournalEntry> foreign) {
    if (scope instanceof CheckScope.OfAgent of) {
      List<StateKey> all = reads.list(of.agent(), "").stream().map(HotEntry::key).toList();
      for (int from = 0; from < all.size(); from += CHUNK) {
        keys.accept(new LinkedHashSet<>(all.subList(from, Math.min(all.size(), from + CHUNK))));
      }
      return;
    }
    BucketState stream = journal.state();
    if (stream.messages() == 0) {
      return;
    }
    if (scope instanceof CheckScope.Sample sample) {
      int each = Math.max(1, sample.entries() / PLACES);
      for (int left = sample.entries(); left > 0; left -= each) {
        long start =
            ThreadLocalRandom.current().nextLong(stream.firstSequence(), stream.lastSequence() + 1);
        from(start, stream.lastSequence(), Math.min(each, left), keys, foreign);
      }
    } else {
      from(1, stream.lastSequence(), Long.MAX_VALUE, keys, foreign);
    }
  }

  /** The keys of at most so many messages that end with this sequence, or a few after it. */
  void upTo(long sequence, int entries, Consumer<Set<StateKey>> keys) {
    from(Math.max(1, sequence - entries + 1), sequence, entries, keys, entry -> {});
  }

  private void from(
      long first,
      long last,
      long most,
      Consumer<Set<StateKey>> keys,
      Consumer<JournalEntry> foreign) {
    Set<StateKey> chunk = new LinkedHashSet<>();
    try (JournalReader reader = journal.read(JournalRange.from(first).withoutValues())) {
      Optional<JournalEntry> next = reader.next(NEXT);
      for (long i = 1; next.isPresent() && next.get().sequence() <= last; i++) {
        JournalEntry entry = next.get();
        if (entry.key().isEmpty()) {
          foreign.accept(entry);
        } else if (!entry.key().get().type().equals(StateKey.CHUNK)) {
          chunk.add(entry.key().get());
        }
        if (chunk.size() == CHUNK) {
          keys.accept(chunk);
          chunk = new LinkedHashSet<>();
        }
        if (entry.pending() == 0 || i == most) {
          break;
        }
        next = reader.next(NEXT);
      }
    }
    if (!chunk.isEmpty()) {
      keys.accept(chunk);
    }
  }
}
