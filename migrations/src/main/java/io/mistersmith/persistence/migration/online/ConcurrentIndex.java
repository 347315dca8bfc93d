package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.online.IndexCatalog.Found;
import io.mistersmith.persistence.migration.online.IndexCatalog.Lacking;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds an index of a table in use without stopping its writers.
 *
 * <p>A plain table's index is built concurrently. For a partitioned table, where PostgreSQL cannot
 * do that, the index is created on the parent alone, built concurrently on one partition after the
 * other, and each attached; the parent's becomes valid with the last. Creating and attaching take
 * locks behind which writers queue, so these give up soon and are tried again.
 *
 * <p>The remains of an interrupted build are found by the index' name: an invalid index is dropped
 * and built again, unless another session is building it at that moment; a finished one is kept. So
 * calling again is always safe, and does nothing when all is done.
 *
 * <p>The library holds no lock of its own meanwhile: a concurrent build waits for every older
 * transaction, and a transaction that waits for an advisory lock would deadlock with it.
 *
 * <p>Thread-safe. Needs sessions: behind PgBouncer in transaction mode use a direct connection.
 */
public final class ConcurrentIndex {
  private static final Logger LOG = LoggerFactory.getLogger(ConcurrentIndex.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final DataSource dataSource;
  private final Settings settings;

  /** Builds over connections of this source, one at a time for each call. */
  public ConcurrentIndex(DataSource dataSource, Settings settings) {
    this.dataSource = dataSource;
    this.settings = settings;
  }

  /**
   * Returns when the index is there and valid.
   *
   * @return whether there was anything to do
   * @throws MigrationException when it cannot be built, or others were in the way for too long. The
   *     remains of a failed build are dropped, unless the same sessions or a lost connection
   *     prevent that too; then they slow writers down until the next call drops them.
   */
  public boolean build(IndexDefinition definition) {
    try (IndexBuildSession session = IndexBuildSession.open(dataSource, settings)) {
      IndexCatalog catalog = session.catalog();
      TableRef table =
          catalog
              .table(definition.schema(), definition.table())
              .orElseThrow(() -> refused(definition, "there is no such table"));
      List<String> existing = catalog.columns(table);
      for (String column : definition.columns()) {
        if (!existing.contains(column)) {
          throw refused(definition, "the table has no column " + column);
        }
      }
      return build(session, table, definition);
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("Index " + definition + " could not be built", e);
    }
  }

  private boolean build(IndexBuildSession session, TableRef table, IndexDefinition definition)
      throws SQLException {
    if (!table.canBeIndexed()) {
      throw refused(definition, table + " is no table that can have an index");
    }
    return table.isPartitioned()
        ? buildPartitioned(session, table, definition)
        : buildPlain(session, table, definition);
  }

  private boolean buildPlain(IndexBuildSession session, TableRef table, IndexDefinition definition)
      throws SQLException {
    return persist(
        definition,
        () -> {
          Optional<Found> found = find(session, table, definition);
          if (found.isPresent()) {
            if (found.get().valid()) {
              return false;
            }
            LOG.info("Index {} was left behind invalid; dropping it.", definition);
            session.dropConcurrently(definition);
          }
          LOG.info("Building index {} concurrently.", definition);
          try {
            session.createConcurrently(definition);
          } catch (SQLException e) {
            dropLeftOver(session, table, definition, e);
            throw e;
          }
          return true;
        });
  }

  private boolean buildPartitioned(
      IndexBuildSession session, TableRef table, IndexDefinition definition) throws SQLException {
    if (find(session, table, definition).map(Found::valid).orElse(false)) {
      return false;
    }
    persist(
        definition,
        () -> {
          if (find(session, table, definition).isEmpty()) {
            session.createOnOnly(definition);
          }
          return true;
        });
    long index = find(session, table, definition).orElseThrow(() -> vanished(definition)).oid();
    // Read again after each: partitions come and go meanwhile, and new ones bring their index.
    List<Lacking> lacking = session.catalog().partitionsWithout(index);
    while (!lacking.isEmpty()) {
      attachTo(session, definition, lacking.get(0));
      lacking = session.catalog().partitionsWithout(index);
    }
    if (!find(session, table, definition).orElseThrow(() -> vanished(definition)).valid()) {
      throw refused(
          definition, "all partitions have their index, and still it is not valid; drop it");
    }
    return true;
  }

  private void attachTo(IndexBuildSession session, IndexDefinition definition, Lacking partition)
      throws SQLException {
    TableRef table = partition.table();
    String name;
    if (partition.equivalent().isPresent()) {
      name = partition.equivalent().get();
    } else {
      IndexDefinition own = definition.on(table);
      build(session, table, own);
      name = own.name();
    }
    persist(
        definition,
        () -> {
          session.attach(definition, table.schema(), name);
          return true;
        });
  }

  /** The index of that name, once nobody else builds it. */
  private static Optional<Found> find(
      IndexBuildSession session, TableRef table, IndexDefinition definition) throws SQLException {
    Optional<Found> found = session.catalog().index(table, definition);
    if (found.isPresent() && !found.get().asDefined()) {
      throw refused(definition, "something else bears that name; rename one of them");
    }
    if (found.isPresent() && found.get().inProgress()) {
      throw new SQLException("somebody else is building it", "55P03");
    }
    return found;
  }

  private static void dropLeftOver(
      IndexBuildSession session, TableRef table, IndexDefinition definition, SQLException cause) {
    try {
      Optional<Found> found = session.catalog().index(table, definition);
      if (found.isPresent()
          && found.get().asDefined()
          && !found.get().valid()
          && !found.get().inProgress()) {
        session.dropConcurrently(definition);
      }
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** Something that others can be in the way of. */
  @FunctionalInterface
  private interface Attempt {
    boolean make() throws SQLException;
  }

  private boolean persist(IndexDefinition definition, Attempt attempt) throws SQLException {
    long pause = settings.firstPause().toMillis();
    for (int number = 1; ; number++) {
      try {
        return attempt.make();
      } catch (SQLException e) {
        if (!OnlineFailure.isIndexContention(e) || number == settings.attempts()) {
          throw e;
        }
        LOG.info(
            "Index {} had to give way in attempt {} of {} [SQLSTATE {}]; trying again.",
            definition,
            number,
            settings.attempts(),
            e.getSQLState());
        sleep(definition, ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
        pause = Math.min(pause * 2, LONGEST_PAUSE.toMillis());
      }
    }
  }

  private static void sleep(IndexDefinition definition, long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MigrationException(
          MigrationException.Kind.INTERRUPTED,
          "Interrupted while index " + definition + " waited for others; call again",
          e);
    }
  }

  private static MigrationException refused(IndexDefinition definition, String reason) {
    return new MigrationException(
        MigrationException.Kind.INVALID_CHANGE,
        "Index " + definition + " cannot be built: " + reason);
  }

  private static MigrationException vanished(IndexDefinition definition) {
    return new MigrationException(
        MigrationException.Kind.LOCKED,
        "Index " + definition + " was dropped by somebody while it was built; call again");
  }

  /**
   * How long an index build waits for what.
   *
   * @param lockTimeout how long to wait for a lock that makes writers queue up behind it, at most,
   *     before giving way; needed for partitioned tables alone, and short
   * @param patience how long a concurrent build waits for the transactions before it to end, which
   *     blocks nobody but other changes of the same table's definition
   * @param buildTimeout how long one statement may take in all
   * @param attempts how often to try where others are in the way, at least once
   * @param firstPause the pause after the first attempt; doubled each time, up to 10 seconds
   */
  public record Settings(
      Duration lockTimeout,
      Duration patience,
      Duration buildTimeout,
      int attempts,
      Duration firstPause) {

    /**
     * @throws IllegalArgumentException when a value is out of its range
     */
    public Settings {
      requireMillis("lockTimeout", lockTimeout);
      requireMillis("patience", patience);
      requireMillis("buildTimeout", buildTimeout);
      requireMillis("firstPause", firstPause);
      if (attempts < 1) {
        throw new IllegalArgumentException("attempts is " + attempts + ": use 1 or more");
      }
    }

    /** 2 seconds for locks, 10 minutes for transactions, 6 hours in all, 10 attempts. */
    public static Settings defaults() {
      return new Settings(
          Duration.ofSeconds(2),
          Duration.ofMinutes(10),
          Duration.ofHours(6),
          10,
          Duration.ofMillis(200));
    }

    /** These settings with another lock timeout. */
    public Settings withLockTimeout(Duration timeout) {
      return new Settings(timeout, patience, buildTimeout, attempts, firstPause);
    }

    /** These settings with another patience for older transactions. */
    public Settings withPatience(Duration newPatience) {
      return new Settings(lockTimeout, newPatience, buildTimeout, attempts, firstPause);
    }

    /** These settings with another number of attempts. */
    public Settings withAttempts(int newAttempts) {
      return new Settings(lockTimeout, patience, buildTimeout, newAttempts, firstPause);
    }

    /** PostgreSQL's timeouts are milliseconds in an int, and 0 would be none. */
    private static void requireMillis(String field, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(Duration.ofDays(24)) > 0) {
        throw new IllegalArgumentException(field + " is " + value + ": use 1 ms to 24 days");
      }
    }
  }
}
