package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A streaming standby of a {@link PostgresServer}: another server on a port of its own, which is
 * read-only until it is promoted. {@link PostgresServer#standby} makes one while its primary runs.
 *
 * <p>Start, stop, kill and freeze it by its {@link #server()}. Thread-safe.
 */
public final class PostgresStandby implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long POLL_MILLIS = 20;

  private final PostgresServer server;

  PostgresStandby(PostgresServer server) {
    this.server = server;
  }

  /**
   * Where a server is in its write-ahead log.
   *
   * @param systemIdentifier the same for a primary and all its standbys
   * @param timeline one more after each promotion; a standby's is the one that it receives
   * @param lsn written by a primary, replayed by a standby; comparable within a timeline
   * @param inRecovery whether the server is a standby
   */
  public record Position(String systemIdentifier, int timeline, long lsn, boolean inRecovery) {}

  static void prepare(PostgresServer primary, String name, Path data) {
    BaseBackup.take(primary, name, data);
    String settings =
        """
        primary_conninfo = 'host=%s port=%d user=%s application_name=%s'
        primary_slot_name = '%s'
        wal_receiver_status_interval = '1s'
        wal_retrieve_retry_interval = '200ms'
        recovery_min_apply_delay = 0
        """
            .formatted(primary.host(), primary.port(), primary.user(), name, name);
    try {
      Files.writeString(
          data.resolve("postgresql.auto.conf"),
          settings,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      Files.writeString(data.resolve("standby.signal"), "");
    } catch (IOException e) {
      throw new UncheckedIOException("Could not configure a standby in " + data, e);
    }
  }

  /** The server; it has its own port, process and data. */
  public PostgresServer server() {
    return server;
  }

  /**
   * Stops the replay; what arrives is still received and kept. Returns when it has stopped. A
   * promotion resumes it, and replays all that was received.
   */
  public void pauseReplay() {
    execute("SELECT pg_wal_replay_pause()");
    await("stop its replay", "SELECT pg_get_wal_replay_pause_state() = 'paused'");
  }

  /** Goes on with the replay. */
  public void resumeReplay() {
    execute("SELECT pg_wal_replay_resume()");
  }

  /**
   * Replays each commit so long after it was made on the primary; zero replays at once. Affects
   * what arrives from now on. A promotion ends the delay.
   */
  public void delayReplay(Duration delay) {
    execute("ALTER SYSTEM SET recovery_min_apply_delay = " + delay.toMillis());
    execute("SELECT pg_reload_conf()");
    await(
        "take its new delay",
        "SELECT setting::bigint = %d FROM pg_settings WHERE name = 'recovery_min_apply_delay'"
            .formatted(delay.toMillis()));
  }

  /**
   * Cuts the stream: from now on the standby receives nothing, so that a promotion loses what its
   * primary commits from now on. Returns when the stream has ended.
   */
  public void disconnect() {
    execute("ALTER SYSTEM SET primary_conninfo = ''");
    execute("SELECT pg_reload_conf()");
    await("leave its primary", "SELECT count(*) = 0 FROM pg_stat_wal_receiver");
  }

  /** Waits until the standby has replayed what the primary had committed at the call. */
  public void awaitReplayOf(PostgresServer primary) {
    // A durable commit, so that those before it without synchronous_commit are written, too.
    execute(
        primary,
        "SET synchronous_commit = local; SELECT pg_logical_emit_message(true, 'sync', '')");
    long target = positionOf(primary).lsn();
    await(
        "replay up to " + target,
        "SELECT COALESCE(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0) >= " + target);
  }

  /** Makes it a primary with a timeline of its own; returns when it can be written to. */
  public void promote() {
    execute("SELECT pg_promote(true, %d)".formatted(LIMIT.toSeconds()));
    await("end its recovery", "SELECT NOT pg_is_in_recovery()");
  }

  /** Where this standby is. */
  public Position position() {
    return positionOf(server);
  }

  /** Where any server is, a primary too. */
  public static Position positionOf(PostgresServer server) {
    String sql =
        """
        SELECT s.system_identifier::text,
               CASE WHEN pg_is_in_recovery()
                    THEN COALESCE((SELECT received_tli FROM pg_stat_wal_receiver), c.timeline_id)
                    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
               END,
               CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                    ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn,
               pg_is_in_recovery()
          FROM pg_control_system() s, pg_control_checkpoint() c
        """;
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return new Position(row.getString(1), row.getInt(2), row.getLong(3), row.getBoolean(4));
    } catch (SQLException e) {
      throw failed("ask for the position of", server, e);
    }
  }

  /** Ends the server and deletes its data. */
  @Override
  public void close() {
    server.close();
  }

  private void execute(String sql) {
    execute(server, sql);
  }

  private static void execute(PostgresServer server, String sql) {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw failed("run \"" + sql + "\" on", server, e);
    }
  }

  private void await(String what, String condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      while (true) {
        try (ResultSet row = statement.executeQuery(condition)) {
          if (row.next() && row.getBoolean(1)) {
            return;
          }
        }
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "The standby at %s did not %s within %d s"
                  .formatted(server.jdbcUrl(), what, LIMIT.toSeconds()));
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (SQLException e) {
      throw failed("wait for", server, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for a standby", e);
    }
  }

  private static IllegalStateException failed(
      String action, PostgresServer server, SQLException e) {
    return new IllegalStateException(
        "Could not %s the server at %s: %s".formatted(action, server.jdbcUrl(), e.getMessage()), e);
  }
}
