package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.core.internal.state.journal.Rewriter;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotWrites;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repairs an entry without ever replacing a newer one. Both ways name the message that was looked
 * at: a publish expects it to be the key's latest, and an eviction ends with it. Thread-safe.
 */
final class Repairs {

  private static final Logger LOG = LoggerFactory.getLogger(Repairs.class);
  private static final Duration COMMIT = Duration.ofSeconds(5);

  private final HotWrites writes;
  private final Rewriter rewriter;
  private final Commits commits;

  Repairs(HotWrites writes, Revisions revisions, Commits commits) {
    this.writes = writes;
    this.rewriter = new Rewriter(writes, revisions);
    this.commits = commits;
  }

  /** Writes the entry again, so that the journal brings it to PostgreSQL as the latest. */
  Repair writeAgain(HotEntry hot) {
    try {
      return awaitCommit(
          hot,
          rewriter.writeAgain(
              hot.key(), hot.operation(), hot.value(), hot.metadata(), hot.sequence()));
    } catch (PersistenceException e) {
      return Conflicts.isConflict(e) ? Repair.SUPERSEDED : failed(hot, e);
    }
  }

  private Repair awaitCommit(HotEntry hot, Revision.OfJournal revision) {
    try {
      commits.await(hot.key(), revision, COMMIT);
      return Repair.REPAIRED;
    } catch (PersistenceException e) {
      LOG.info("bucket {}, key {}: {}", writes.name(), hot.key(), e.getMessage());
      return Repair.UNDER_WAY;
    }
  }

  /** Takes the message, and what is older, out of KV. */
  Repair evict(String subject, long sequence) {
    try {
      writes.evict(subject, sequence).orTimeout(10, TimeUnit.SECONDS).join();
      return Repair.REPAIRED;
    } catch (CompletionException e) {
      LOG.warn("bucket {}, {}: not taken out of KV, {}", writes.name(), subject, e.getMessage());
      return Repair.FAILED;
    }
  }

  private Repair failed(HotEntry hot, PersistenceException failure) {
    LOG.warn(
        "bucket {}, key {}: not repaired, the next check tries again: {}",
        writes.name(),
        hot.key(),
        failure.getMessage());
    return Repair.FAILED;
  }
}
