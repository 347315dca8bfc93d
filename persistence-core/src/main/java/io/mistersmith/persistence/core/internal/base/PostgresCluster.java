package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What a backup asks of a PostgreSQL server by SQL. Thread-safe. Calls fail with a {@link
 * io.mistersmith.persistence.error.PersistenceException}.
 */
public interface PostgresCluster {

  /** Returns what the server is. Fails as MISCONFIGURED for a standby. */
  Facts facts();

  /** Returns how the server archives its WAL. */
  Archiving archiving();

  /** Whether the database holds tables, views or sequences of users. */
  boolean holdsObjects();

  /**
   * Ends the segment of the WAL that is being written, so that it is archived.
   *
   * @return the position where it ended
   */
  long switchWal();

  /**
   * Writes a named point into the WAL, which a recovery can be told to stop at.
   *
   * @return its position
   */
  long restorePoint(String name);

  /** Keeps the server from removing WAL, from now until it is closed. */
  Held keepWal();

  /** Holds a snapshot of the database, in which a dump and counts see the same rows. */
  Snapshot snapshot();

  /**
   * What a server is.
   *
   * @param version its version, such as {@code 16.4}
   * @param majorVersion the first part of it
   * @param systemIdentifier the same for a primary and all its standbys
   * @param timeline one more after each promotion
   * @param segmentSize how many bytes a segment of the WAL has
   * @param lsn where it writes
   * @param summarizesWal whether it keeps what an increment needs
   * @param tablespaces how many tablespaces it has beside its own
   * @param now its clock
   */
  record Facts(
      String version,
      int majorVersion,
      String systemIdentifier,
      int timeline,
      long segmentSize,
      long lsn,
      boolean summarizesWal,
      int tablespaces,
      Instant now) {}

  /**
   * How a server archives.
   *
   * @param mode the setting archive_mode
   * @param command whether there is a command or a library that archives
   * @param timeout after which a segment is archived that is not full; zero for never
   * @param last the segment that was archived last
   * @param lastAt when that was
   * @param lastFailed the segment that failed last
   * @param lastFailedAt when that was
   */
  record Archiving(
      String mode,
      boolean command,
      Duration timeout,
      Optional<String> last,
      Optional<Instant> lastAt,
      Optional<String> lastFailed,
      Optional<Instant> lastFailedAt) {

    /** Whether the server archives at all. */
    public boolean isOn() {
      return !mode.equals("off") && command;
    }

    /** Whether the latest attempt to archive failed. */
    public boolean isFailing() {
      return lastFailedAt.isPresent()
          && lastAt.map(at -> at.isBefore(lastFailedAt.get())).orElse(true);
    }
  }

  /** What the server holds for a backup. */
  interface Held extends AutoCloseable {

    /** Lets it go. */
    @Override
    void close();
  }

  /** A snapshot that is held. */
  interface Snapshot extends Held {

    /** Returns its name for {@code pg_dump --snapshot}. */
    String name();

    /** Returns what each table holds in it, by {@code schema.table}. Reads every row. */
    SortedMap<String, TableContents> tables();
  }
}
