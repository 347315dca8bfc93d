package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.journal.Rewriter;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at hydrated copies in the journal before the position passes them.
 *
 * <p>A copy is stale when its row was written or deleted since: its author was paused between
 * reading the row and publishing it, and meanwhile the key was overwritten, flushed and evicted. It
 * is removed from the bucket; a later write of the key is not touched. A copy that PostgreSQL is
 * behind of was made before PostgreSQL was put back, and is written again: it is the only one left.
 */
final class Hydrations {

  private static final Logger LOG = LoggerFactory.getLogger(Hydrations.class);
  private static final Duration EVICTION = Duration.ofSeconds(10);

  private final HotWrites writes;
  private final StateStore states;
  private final RowJudge judge;
  private final Rewriter rewriter;

  Hydrations(HotWrites writes, StateStore states, RowJudge judge, Rewriter rewriter) {
    this.writes = writes;
    this.states = states;
    this.judge = judge;
    this.rewriter = rewriter;
  }

  /** Removes those that are stale, and writes those again that PostgreSQL has lost. */
  void settle(List<JournalEntry> hydrations) {
    List<StateKey> keys = new ArrayList<>();
    hydrations.forEach(entry -> entry.key().ifPresent(keys::add));
    if (keys.isEmpty()) {
      return;
    }
    Map<StateKey, StoredState> rows = states.findAll(keys);
    List<CompletableFuture<Void>> evictions = new ArrayList<>();
    for (JournalEntry entry : hydrations) {
      StateKey key = entry.key().orElse(null);
      StoredState row = key == null ? null : rows.get(key);
      if (key != null && isLost(entry, row)) {
        writeAgain(key, entry);
      } else if (isStale(entry, row)) {
        LOG.info("bucket {}: removing a stale hydration of {}", writes.name(), entry.subject());
        evictions.add(writes.evict(entry.subject(), entry.sequence()));
      }
    }
    Evictions.await(evictions, EVICTION);
  }

  private boolean isLost(JournalEntry copy, @Nullable StoredState row) {
    return switch (verdict(copy, row)) {
      case ROW_BEHIND -> true;
      case ROW_MISSING -> !judge.wasRemoved(revision(copy), copy.metadata(), copy.time());
      case SAME, OUTDATED, ROW_NOT_NEEDED -> false;
    };
  }

  private boolean isStale(JournalEntry copy, @Nullable StoredState row) {
    return verdict(copy, row) != RowJudge.Verdict.SAME || row == null || row.deleted();
  }

  private RowJudge.Verdict verdict(JournalEntry copy, @Nullable StoredState row) {
    return judge.compare(revision(copy), copy.operation(), copy.metadata(), row);
  }

  private static Revision.OfJournal revision(JournalEntry copy) {
    return copy.metadata().hydrated().orElseThrow();
  }

  private void writeAgain(StateKey key, JournalEntry copy) {
    try {
      Revision.OfJournal again =
          rewriter.writeAgain(
              key, copy.operation(), copy.value(), copy.metadata(), copy.sequence());
      LOG.warn(
          "bucket {}, key {}: PostgreSQL went back to before revision {}, of which KV has a copy;"
              + " it is written again as {}. Find out why PostgreSQL went back",
          writes.name(),
          key,
          revision(copy),
          again);
    } catch (PersistenceException e) {
      if (!Conflicts.isConflict(e)) {
        throw e;
      }
      LOG.debug("bucket {}, key {}: the copy is superseded already", writes.name(), key);
    }
  }
}
