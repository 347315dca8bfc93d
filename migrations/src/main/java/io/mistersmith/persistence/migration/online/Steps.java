package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the steps of a change, each in a transaction of its own that gives way to sessions in its
 * way, and is tried again after a pause in which it holds nothing. Not thread-safe.
 */
final class Steps {
  private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

  private static final String SETTINGS =
      """
      SELECT pg_catalog.set_config('lock_timeout', ?, true),
             pg_catalog.set_config('statement_timeout', ?, true)
      """;

  /** No limit to PostgreSQL. */
  static final Duration UNLIMITED = Duration.ZERO;

  /** Runs between begin and commit. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private final DataSource dataSource;
  private final Pacing pacing;
  private final Sleeper sleeper;
  private int retries;
  private boolean keeping;
  private @Nullable Connection kept;

  Steps(DataSource dataSource, Pacing pacing, Sleeper sleeper) {
    this.dataSource = dataSource;
    this.pacing = pacing;
    this.sleeper = sleeper;
  }

  /** Has steps run on connections of their own again. */
  interface Keeping extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Has all steps run on one connection until the result is closed. Its session has parsed and
   * planned before: in a new one, on a busy server, that alone takes longer than a batch may.
   */
  Keeping keepConnection() {
    keeping = true;
    return () -> {
      keeping = false;
      Connection last = kept;
      kept = null;
      if (last != null) {
        close(last);
      }
    };
  }

  /** Attempts so far that had to give way. */
  int retries() {
    return retries;
  }

  /**
   * Does a step.
   *
   * @param what whose step, for messages
   * @param limit how long a statement of it may take
   * @param gaveWay what is done when an attempt had to give way
   */
  <T> T run(String what, Duration limit, Runnable gaveWay, Work<T> work) {
    Duration pause = pacing.retryPause();
    for (int attempt = 1; ; attempt++) {
      try {
        return once(limit, work);
      } catch (SQLException e) {
        MigrationException failure = OnlineFailure.ofChange(what, e);
        if (failure.kind() != Kind.LOCKED || attempt >= pacing.attempts()) {
          throw failure;
        }
        retries++;
        gaveWay.run();
        LOG.debug("{} had to give way in attempt {}: {}", what, attempt, e.getSQLState());
        pause(
            what, pause.multipliedBy(ThreadLocalRandom.current().nextLong(50, 101)).dividedBy(100));
        if (attempt <= 5) {
          pause = pause.multipliedBy(2);
        }
      }
    }
  }

  /** Pauses between two batches. */
  void pauseBetweenBatches(String what) {
    if (!pacing.pause().isZero()) {
      pause(what, pacing.pause());
    }
  }

  private void pause(String what, Duration duration) {
    try {
      sleeper.pause(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MigrationException(
          Kind.INTERRUPTED, what + ": interrupted between two steps. Go on by the same call.", e);
    }
  }

  /** Does it once: a transaction at read committed, whatever the pool's default is. */
  private <T> T once(Duration limit, Work<T> work) throws SQLException {
    Connection present = kept;
    Connection connection = present != null ? present : dataSource.getConnection();
    try {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
        }
        try (PreparedStatement statement = connection.prepareStatement(SETTINGS)) {
          statement.setString(1, pacing.lockTimeout().toMillis() + "ms");
          statement.setString(2, limit.toMillis() + "ms");
          statement.execute();
        }
        T result = work.run(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollBack(connection, e);
        throw e;
      } finally {
        restore(connection, autoCommit);
      }
    } finally {
      if (keeping) {
        kept = connection;
      } else {
        close(connection);
      }
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("A connection was lost when it was given back: SQLSTATE {}", e.getSQLState());
    }
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private static void restore(Connection connection, boolean autoCommit) {
    try {
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      LOG.debug("A connection was lost with its transaction over: SQLSTATE {}", e.getSQLState());
    }
  }
}
