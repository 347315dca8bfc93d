package io.mistersmith.persistence.migration.online;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Looks every few milliseconds who waits for a lock, since when, and for whom, so that a wait for
 * the change is distinguished from a wait for the disk or the processor. PostgreSQL itself says
 * when a wait began: one of 100 ms is seen many times, and its length is short by one interval at
 * most.
 */
final class LockWaits implements AutoCloseable {
  private static final long INTERVAL_NANOS = 4_000_000;

  private static final String WAITS =
      """
      SELECT l.pid, l.waitstart::text,
             extract(epoch FROM clock_timestamp() - l.waitstart) * 1000,
             pg_blocking_pids(l.pid), a.application_name
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE NOT l.granted AND l.waitstart IS NOT NULL
      """;

  private static final String CHANGE =
      "SELECT pid FROM pg_stat_activity WHERE application_name = ?";

  private final DataSource dataSource;
  private final String writers;
  private final String change;
  private final Map<String, Double> blocked = new HashMap<>();
  private final Thread thread;
  private volatile boolean running = true;
  private @Nullable SQLException failure;
  private long samples;

  private LockWaits(DataSource dataSource, String writers, String change) {
    this.dataSource = dataSource;
    this.writers = writers;
    this.change = change;
    this.thread = new Thread(this::watch, "lock-waits");
    thread.setDaemon(true);
  }

  /** Watches connections by their application names. */
  static LockWaits watch(DataSource dataSource, String writers, String change) {
    LockWaits waits = new LockWaits(dataSource, writers, change);
    waits.thread.start();
    return waits;
  }

  /** How many waits of writers for the change took longer than 100 ms, and the longest of all. */
  String summary() throws SQLException {
    close();
    if (failure != null) {
      throw failure;
    }
    double longest = blocked.values().stream().mapToDouble(ms -> ms).max().orElse(0);
    return String.format(
        Locale.ROOT,
        "blocked_over_100ms=%d longest_blocked_ms=%.1f waits_seen=%d samples=%d",
        blocked.values().stream().filter(ms -> ms > 100).count(),
        longest,
        blocked.size(),
        samples);
  }

  private void watch() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement waits = connection.prepareStatement(WAITS);
        PreparedStatement changes = connection.prepareStatement(CHANGE)) {
      changes.setString(1, change);
      while (running) {
        sample(waits, changes);
        samples++;
        LockSupport.parkNanos(INTERVAL_NANOS);
      }
    } catch (SQLException e) {
      failure = e;
    }
  }

  private void sample(PreparedStatement waits, PreparedStatement changes) throws SQLException {
    Map<Integer, List<Integer>> blockers = new HashMap<>();
    Map<Integer, Map.Entry<String, Double>> waiting = new HashMap<>();
    try (ResultSet row = waits.executeQuery()) {
      while (row.next()) {
        int pid = row.getInt(1);
        blockers.put(pid, Arrays.asList((Integer[]) row.getArray(4).getArray()));
        if (row.getString(5).equals(writers)) {
          waiting.put(pid, Map.entry(pid + " " + row.getString(2), row.getDouble(3)));
        }
      }
    }
    if (waiting.isEmpty()) {
      return;
    }
    Set<Integer> ours = new HashSet<>();
    try (ResultSet row = changes.executeQuery()) {
      while (row.next()) {
        ours.add(row.getInt(1));
      }
    }
    waiting.forEach(
        (pid, wait) -> {
          if (leadsTo(pid, ours, blockers)) {
            blocked.merge(wait.getKey(), wait.getValue(), Math::max);
          }
        });
  }

  /** Whether somebody waits for the change, be it by way of others. */
  private static boolean leadsTo(int pid, Set<Integer> ours, Map<Integer, List<Integer>> blockers) {
    Set<Integer> seen = new HashSet<>();
    Deque<Integer> open = new ArrayDeque<>(List.of(pid));
    while (!open.isEmpty()) {
      for (int blocker : blockers.getOrDefault(open.pop(), List.of())) {
        if (ours.contains(blocker)) {
          return true;
        }
        if (seen.add(blocker)) {
          open.push(blocker);
        }
      }
    }
    return false;
  }

  @Override
  public void close() {
    running = false;
    Threads.join(thread);
  }
}
