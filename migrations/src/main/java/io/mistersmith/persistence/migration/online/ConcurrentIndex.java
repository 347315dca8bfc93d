package io.mistersmith.persistence.migration.online;

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
 * <p>A plain table's index is built concurrently. Of a partitioned table, where PostgreSQL cannot
 * do that, the index is entered on the parent alone, built concurrently on one partition after the
 * other, and each attached; the parent's becomes valid with the last. Entering and attaching take
 * locks that writers queue up behind, so these are given up soon and tried again.
 *
 * <p>What a build that was cut off left behind is found by its name: an invalid index is dropped
 * and built anew, unless somebody is building it right now; a finished one is kept. So calling
 * again is always right, and calling when all is done does nothing.
 *
 * <p>No lock of the library's own is held meanwhile: a concurrent build waits for every older
 * transaction, and one that waits for an advisory lock would wait for it in turn.
 *
 * <p>Thread-safe. Needs sessions: behind PgBouncer in transaction mode use a direct connection.
 */
public final class ConcurrentIndex {
  private static final Logger LOG = LoggerFactory.getLogger(ConcurrentIndex.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final DataSource dataSource;
  private final IndexBuildSettings settings;

  /** Builds over connections of this source, one at a time for each call. */
  public ConcurrentIndex(DataSource dataSource, IndexBuildSettings settings) {
    this.dataSource = dataSource;
    this.settings = settings;
  }

  /**
   * Returns when the index is there and valid.
   *
   * @return whether there was anything to do
   * @throws IndexBuildException when it cannot be built, or others were in the way for too long.
   *     What a failed build leaves is dropped, unless the same others, or a lost connection, are in
   *     the way of that too; then it costs writers something until the next call drops it.
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
      throw IndexBuildException.of("Index " + definition + " could not be built", e);
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
        if (!IndexBuildException.isContention(e) || number == settings.attempts()) {
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
      throw new IndexBuildException(
          true, "Interrupted while index " + definition + " waited for others; call again", e);
    }
  }

  private static IndexBuildException refused(IndexDefinition definition, String reason) {
    return new IndexBuildException(false, "Index " + definition + " cannot be built: " + reason);
  }

  private static IndexBuildException vanished(IndexDefinition definition) {
    return new IndexBuildException(
        true, "Index " + definition + " was dropped by somebody while it was built; call again");
  }
}
