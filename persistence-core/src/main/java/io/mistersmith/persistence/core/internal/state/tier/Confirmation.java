package io.mistersmith.persistence.core.internal.state.tier;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.core.internal.state.flush.Evictions;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells valid entries from those that came back, by what PostgreSQL has of their keys.
 *
 * <p>An entry later than the position is not flushed, so it was never evicted: it is valid. The
 * position is read before the rows: they contain every entry up to the position. If the row has a
 * later revision, the entry is outdated; otherwise it is valid. Without a row, the entry is valid
 * if it needs none, if PostgreSQL refused it, or if PostgreSQL lost it; {@link RowJudge} decides.
 * Before anything is called outdated the stream is verified, since in a stream that went back
 * sequences mean something else.
 *
 * <p>An answer holds for as long as a fresh entry would, since whatever supersedes the entry now
 * must be idle that long before it is evicted.
 *
 * <p>While PostgreSQL cannot be reached, no runtime evicts. Entries that were fresh or unflushed
 * when this process last knew the position are then valid; reads of others fail as transient. A
 * process that is cut off alone, for longer than a quarter of the time to live, can be wrong there.
 */
public final class Confirmation {

  private static final Logger LOG = LoggerFactory.getLogger(Confirmation.class);
  private static final Duration REMOVAL = Duration.ofSeconds(10);

  private record Confirmed(long sequence, long atMillis) {}

  private final Journal journal;
  private final HotWrites writes;
  private final JournalTracker tracker;
  private final StateStore states;
  private final DeadLetterStore deadLetters;
  private final RowJudge judge;
  private final Freshness freshness;
  private final Cache<StateKey, Confirmed> confirmed;

  /**
   * Confirms entries of a bucket by its journal's position and the rows, and remembers the answers
   * for {@code capacity} keys.
   */
  public Confirmation(
      Journal journal,
      HotWrites writes,
      JournalTracker tracker,
      StateStore states,
      DeadLetterStore deadLetters,
      RowJudge judge,
      Freshness freshness,
      int capacity) {
    this.journal = journal;
    this.writes = writes;
    this.tracker = tracker;
    this.states = states;
    this.deadLetters = deadLetters;
    this.judge = judge;
    this.freshness = freshness;
    this.confirmed = Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
  }

  /** Removes those of these entries that are outdated from the bucket, and returns their keys. */
  Set<StateKey> removeOutdated(Collection<HotEntry> aged) {
    List<HotEntry> unsure = aged.stream().filter(entry -> !isConfirmed(entry)).toList();
    if (unsure.isEmpty()) {
      return Set.of();
    }
    List<HotEntry> outdated;
    try {
      outdated = outdated(unsure, tracker.refresh());
      if (!outdated.isEmpty()) {
        tracker.verify();
        outdated = outdated(outdated, tracker.refresh());
      }
    } catch (TransientPersistenceException e) {
      checkStoodLately(unsure, e);
      return Set.of();
    }
    remove(outdated);
    return outdated.stream().map(HotEntry::key).collect(Collectors.toUnmodifiableSet());
  }

  private boolean isConfirmed(HotEntry entry) {
    Confirmed last = confirmed.getIfPresent(entry.key());
    return last != null
        && last.sequence() == entry.sequence()
        && freshness.isFresh(last.atMillis());
  }

  private List<HotEntry> outdated(Collection<HotEntry> entries, JournalPosition flushed) {
    long now = freshness.now();
    List<StateKey> keys = entries.stream().map(HotEntry::key).toList();
    Map<StateKey, StoredState> rows = states.findAll(keys);
    Set<String> refused =
        rows.keySet().containsAll(keys) ? Set.of() : deadLetters.openSubjects(journal.name());
    List<HotEntry> outdated = new ArrayList<>();
    for (HotEntry entry : entries) {
      if (isOutdated(entry, flushed, rows, refused)) {
        outdated.add(entry);
      } else {
        confirmed.put(entry.key(), new Confirmed(entry.sequence(), now));
      }
    }
    return outdated;
  }

  private boolean isOutdated(
      HotEntry entry,
      JournalPosition flushed,
      Map<StateKey, StoredState> rows,
      Set<String> refused) {
    if (entry.sequence() > flushed.sequence()) {
      return false;
    }
    Revision.OfJournal revision = tracker.of(entry);
    RowJudge.Verdict verdict =
        judge.compare(revision, entry.operation(), entry.metadata(), rows.get(entry.key()));
    return switch (verdict) {
      case SAME, ROW_BEHIND, ROW_NOT_NEEDED -> false;
      case OUTDATED -> true;
      case ROW_MISSING ->
          LogStore.Key.of(entry.key()).isEmpty() // whose rows are deleted when the log drops them
              && !refused.contains(journal.subject(entry.key()))
              && judge.wasRemoved(revision, entry.metadata(), entry.time());
    };
  }

  private void remove(List<HotEntry> outdated) {
    for (HotEntry entry : outdated) {
      LOG.warn(
          "bucket {}, key {}: an entry of revision {} came back after it was superseded and"
              + " evicted, as nats-server does when it is killed; it is removed again",
          journal.name(),
          entry.key(),
          tracker.of(entry));
    }
    Evictions.await(
        outdated.stream()
            .map(entry -> writes.evict(journal.subject(entry.key()), entry.sequence()))
            .toList(),
        REMOVAL);
  }

  private void checkStoodLately(Collection<HotEntry> entries, TransientPersistenceException cause) {
    long lastKnown = tracker.knownAtMillis();
    long flushed = tracker.position().sequence();
    for (HotEntry entry : entries) {
      boolean isValid =
          entry.sequence() > flushed || freshness.wasFresh(entry.time().toEpochMilli(), lastKnown);
      if (!isValid) {
        throw new TransientPersistenceException(
            DataError.CONSISTENCY_VIOLATION,
            "bucket "
                + journal.name()
                + ", key "
                + entry.key()
                + ": the entry in KV is older than entries stay there, and PostgreSQL, which would"
                + " tell whether it is still valid, does not answer; try again",
            cause);
      }
    }
  }
}
