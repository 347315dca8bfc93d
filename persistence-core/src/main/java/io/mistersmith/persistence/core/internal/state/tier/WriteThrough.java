package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;

/**
 * Acknowledges a write only when PostgreSQL has committed it.
 *
 * @param commits waits for PostgreSQL
 * @param limit how long a write waits
 */
public record WriteThrough(Commits commits, Duration limit) {

  void awaitCommit(StateKey key, Revision.OfJournal revision) {
    commits.await(key, revision, limit);
  }
}
