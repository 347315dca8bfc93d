package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The stores that a backup is restored into. Used by one thread. */
public interface RestoreStores extends AutoCloseable {

  /** Opens stores, which may be empty. */
  @FunctionalInterface
  interface Opener {

    /** Connects to NATS; to PostgreSQL once it is needed. */
    RestoreStores open(PersistenceConfig config);
  }

  /** What a database holds. */
  enum Database {
    /** PostgreSQL does not answer, or has no such database. */
    AWAY,
    /** There is no object in it. */
    EMPTY,
    /** There are objects in it. */
    FILLED
  }

  /** Returns what the database holds. */
  Database database();

  /** Returns what restores streams. */
  StreamBackup streams();

  /** Returns a stream as it is. */
  Optional<FoundStream> find(String stream);

  /** Returns the names of the streams of an installation. */
  List<String> streamsOf(UUID installation);

  /**
   * Returns a part whose stream, once restored, is told from the one that was saved: it has another
   * time of creation, and names the backup.
   */
  StreamPart marked(StreamPart part, String id, Instant now);

  /**
   * Returns the positions of the journals.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException with {@code MISCONFIGURED} where
   *     the database is not one of this library
   */
  JournalStore journals();

  /**
   * Writes to PostgreSQL the agents that were registered while it was saved, which NATS has:
   * entries of theirs would be refused without them.
   *
   * @return what is left to an operator, in sentences
   */
  List<String> recoverAgents();

  /**
   * Opens a runtime on the stores, and waits until PostgreSQL has applied or refused all that the
   * buckets hold.
   *
   * @return for each bucket how many entries were applied
   */
  Map<String, Long> replay(Duration limit);

  @Override
  void close();

  /**
   * A stream.
   *
   * @param created when it was created; of a restored one, when it was restored
   * @param restoredFrom the id of the backup that it was restored from
   * @param lastSequence the sequence of its last message
   */
  record FoundStream(Instant created, Optional<String> restoredFrom, long lastSequence) {}
}
