package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares entries in KV with PostgreSQL while both are being written to.
 *
 * <p>An entry is read from KV's leader; then the position is waited for until it has passed the
 * entry; then the row is read; and where the two disagree, KV is asked again. If it still has the
 * very same message, nothing was written to the key in between, so that the row that was read must
 * be what the flush made of this message: they disagree indeed. If it has another one, the key is
 * compared again. A key that is written faster than that is given up as in flight.
 */
final class ConsistencyCheck {

  private static final Logger LOG = LoggerFactory.getLogger(ConsistencyCheck.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int ROUNDS = 4;
  private static final int MOST_ORPHANED_ROWS = 1_000;

  private final HotReads reads;
  private final StateStore states;
  private final JournalTracker tracker;
  private final Commits commits;
  private final Findings findings;
  private final Candidates candidates;
  private final Clock clock;

  ConsistencyCheck(
      HotReads reads,
      Journal journal,
      StateStore states,
      JournalTracker tracker,
      Commits commits,
      Findings findings,
      Clock clock) {
    this.reads = reads;
    this.states = states;
    this.tracker = tracker;
    this.commits = commits;
    this.findings = findings;
    this.candidates = new Candidates(reads, journal);
    this.clock = clock;
  }

  ConsistencyReport check(CheckScope scope) {
    long started = System.nanoTime();
    Instant startedAt = clock.instant();
    Tally tally = new Tally();
    candidates.find(
        scope,
        keys -> compare(keys, tally),
        entry -> findings.foreign(entry, clock.instant(), tally));
    if (scope instanceof CheckScope.Everything) {
      findings.orphanedRows(states.orphans(MOST_ORPHANED_ROWS), tally);
    }
    return tally.report(scope, startedAt, Duration.ofNanos(System.nanoTime() - started));
  }

  /** Compares what was written up to this sequence by so many messages. */
  ConsistencyReport checkUpTo(long sequence, int entries) {
    long started = System.nanoTime();
    Instant startedAt = clock.instant();
    Tally tally = new Tally();
    candidates.upTo(sequence, entries, keys -> compare(keys, tally));
    return tally.report(
        CheckScope.sample(entries), startedAt, Duration.ofNanos(System.nanoTime() - started));
  }

  private void compare(Set<StateKey> keys, Tally tally) {
    Set<StateKey> open = keys;
    for (int round = 1; round <= ROUNDS && !open.isEmpty(); round++) {
      open = round(open, tally);
    }
    tally.inFlight(open.size());
  }

  /** Returns the keys that could not be compared, because they moved. */
  private Set<StateKey> round(Collection<StateKey> keys, Tally tally) {
    Map<StateKey, HotEntry> hot = reads.getAll(keys, ReadFrom.LEADER);
    JournalPosition position = positionBehind(hot.values());
    Set<StateKey> open = new LinkedHashSet<>();
    hot.values().stream()
        .filter(entry -> entry.sequence() > position.sequence())
        .forEach(entry -> open.add(entry.key()));
    Map<StateKey, StoredState> rows = states.findAll(hot.keySet());
    Map<StateKey, String> checksums = states.checksums(hot.keySet());
    Map<StateKey, Observed> suspects = new LinkedHashMap<>();
    Instant now = clock.instant();
    for (HotEntry entry : hot.values()) {
      Observed observed =
          new Observed(
              entry,
              Optional.ofNullable(rows.get(entry.key())),
              Optional.ofNullable(checksums.get(entry.key())),
              position);
      if (!open.contains(entry.key())
          && (Judge.judge(observed, now).isPresent() || findings.isOldMarker(observed, now))) {
        suspects.put(entry.key(), observed);
      }
    }
    tally.compared(hot.size() - open.size() - suspects.size());
    if (!suspects.isEmpty()) {
      open.addAll(confirm(suspects, position, now, tally));
    }
    return open;
  }

  /** Files the suspects that did not change meanwhile, and returns the others. */
  private Set<StateKey> confirm(
      Map<StateKey, Observed> suspects, JournalPosition position, Instant now, Tally tally) {
    Map<StateKey, HotEntry> again = reads.getAll(suspects.keySet(), ReadFrom.LEADER);
    JournalPosition later = tracker.refresh();
    boolean wentOn = later.epoch() == position.epoch() && later.sequence() >= position.sequence();
    Set<StateKey> moved = new LinkedHashSet<>();
    Map<StateKey, Observed> confirmed = new LinkedHashMap<>();
    suspects.forEach(
        (key, observed) -> {
          HotEntry found = again.get(key);
          boolean same =
              found != null
                  && found.sequence() == observed.hot().sequence()
                  && found.time().equals(observed.hot().time());
          if (wentOn && same) {
            confirmed.put(key, observed);
          } else {
            moved.add(key);
          }
        });
    moved.addAll(findings.file(confirmed, now, tally));
    return moved;
  }

  /** The position, once it has passed the latest of these or will not soon. */
  private JournalPosition positionBehind(Collection<HotEntry> entries) {
    long latest = entries.stream().mapToLong(HotEntry::sequence).max().orElse(0);
    JournalPosition position = tracker.refresh();
    if (latest <= position.sequence()) {
      return position;
    }
    try {
      commits.awaitAll("comparing the stores", tracker.of(latest), PATIENCE);
    } catch (PersistenceException e) {
      LOG.debug("bucket {}: not all of it is flushed: {}", reads.name(), e.getMessage());
    }
    return tracker.refresh();
  }
}
