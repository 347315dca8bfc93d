package io.mistersmith.persistence.core.internal.session;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import io.mistersmith.persistence.spi.sql.SessionStore.Unpublished;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does for all sessions what their callers did not get to. Thread-safe. */
public final class SessionUpkeep {

  private static final Logger LOG = LoggerFactory.getLogger(SessionUpkeep.class);
  private static final int BATCH = 500;

  /** The most batches in one run. */
  private static final int MOST = 200;

  private final SessionStore store;
  private final SessionCopies copies;

  /** Looks after the sessions, by statements of {@code background}. */
  public SessionUpkeep(SessionStore background, StoredSessions sessions) {
    this.store = background;
    this.copies = sessions.copies;
  }

  /** Tells KV of the sessions that were revoked or changed, and that it may not know of. */
  public void publishMissing() {
    try {
      int found = BATCH;
      for (int batch = 0; batch < MOST && found == BATCH; batch++) {
        found = publishSome();
      }
    } catch (PersistenceException e) {
      LOG.debug("unpublished sessions not read, trying again: {}", e.getMessage());
    }
  }

  private int publishSome() {
    Instant began = copies.now();
    List<Unpublished> rows = store.unpublished(BATCH);
    Map<UUID, Long> versions = new HashMap<>();
    try {
      List<Unpublished> ended = rows.stream().filter(row -> row.valid().isEmpty()).toList();
      copies.end(ended.stream().map(Unpublished::tokenHash).toList());
      ended.forEach(row -> versions.put(row.id(), row.version()));
    } catch (PersistenceException e) {
      notTold("revoked", e);
    }
    for (Unpublished row : rows) {
      row.valid()
          .filter(valid -> isPublished(valid, began))
          .ifPresent(valid -> versions.put(row.id(), row.version()));
    }
    store.markPublished(versions);
    return versions.size();
  }

  /** One that KV refuses holds up no other, and no revocation. */
  private boolean isPublished(StoredSession changed, Instant began) {
    try {
      copies.publish(changed, began);
      return true;
    } catch (PersistenceException e) {
      notTold("changed", e);
      return false;
    }
  }

  private static void notTold(String what, PersistenceException failure) {
    LOG.info("KV may not know yet of {} sessions, trying again: {}", what, failure.getMessage());
  }

  /**
   * Tells KV of all revoked sessions again, since it may have forgotten some.
   *
   * @return false when that has to be tried again
   */
  public boolean publishAgain() {
    try {
      int unused = store.republishRevoked();
    } catch (PersistenceException e) {
      LOG.info(
          "KV is not told again yet of revoked sessions, which it may have forgotten: {}",
          e.getMessage());
      return false;
    }
    publishMissing();
    return true;
  }
}
