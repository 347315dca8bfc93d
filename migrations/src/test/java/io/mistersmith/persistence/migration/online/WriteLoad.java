package io.mistersmith.persistence.migration.online;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Threads that write to a table all the time, and remember what was acknowledged: increments of n
 * at random rows, new rows, and rows deleted. The table has the columns id, body and n, and begins
 * with n = 0 in rows 1 to {@code rows}.
 */
final class WriteLoad implements AutoCloseable {
  private final DataSource dataSource;
  private final String table;
  private final long rows;
  private final Duration pace;
  private final AtomicLong nextId;
  private final Map<Long, Long> increments = new ConcurrentHashMap<>();
  private final Set<Long> inserted = ConcurrentHashMap.newKeySet();
  private final Set<Long> deleted = ConcurrentHashMap.newKeySet();
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Latencies> latencies = new ArrayList<>();
  private volatile boolean running = true;
  private volatile @Nullable SQLException failure;

  private WriteLoad(DataSource dataSource, String table, long rows, Duration pace) {
    this.dataSource = dataSource;
    this.table = table;
    this.rows = rows;
    this.pace = pace;
    this.nextId = new AtomicLong(rows);
  }

  /**
   * Starts the threads.
   *
   * @param pace from one write of a thread to the next; zero for as fast as it goes
   */
  static WriteLoad start(
      DataSource dataSource, String table, long rows, int writers, Duration pace) {
    WriteLoad load = new WriteLoad(dataSource, table, rows, pace);
    for (int i = 0; i < writers; i++) {
      Latencies own = new Latencies();
      load.latencies.add(own);
      Thread thread = new Thread(() -> load.write(own), "writer-" + i);
      thread.setDaemon(true);
      load.threads.add(thread);
      thread.start();
    }
    return load;
  }

  long writes() {
    return writes.get();
  }

  /** Writes that the database refused as a whole, as in a deadlock. */
  long refused() {
    return refused.get();
  }

  /** Restarts the measurement, and returns what was measured until now, in milliseconds. */
  Latencies.Summary nextMeasurement() {
    List<double[]> all = new ArrayList<>();
    latencies.forEach(each -> all.add(each.drain()));
    return Latencies.summary(all.stream().flatMapToDouble(Arrays::stream).toArray());
  }

  private void write(Latencies own) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement update =
            connection.prepareStatement("UPDATE " + table + " SET n = n + 1 WHERE id = ?");
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO " + table + " (id, body, n) VALUES (?, 'new', 0)");
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM " + table + " WHERE id = ?")) {
      long next = System.nanoTime();
      while (running) {
        LockSupport.parkNanos(next - System.nanoTime());
        next = Math.max(next + pace.toNanos(), System.nanoTime());
        long start = System.nanoTime();
        try {
          writeOnce(update, insert, delete);
          writes.incrementAndGet();
        } catch (SQLException e) {
          if (e.getSQLState() == null || !e.getSQLState().startsWith("40")) {
            throw e;
          }
          refused.incrementAndGet();
        }
        own.add(System.nanoTime() - start);
      }
    } catch (SQLException e) {
      failure = e;
    }
  }

  private void writeOnce(
      PreparedStatement update, PreparedStatement insert, PreparedStatement delete)
      throws SQLException {
    int dice = ThreadLocalRandom.current().nextInt(100);
    if (dice < 15) {
      long id = nextId.incrementAndGet();
      insert.setLong(1, id);
      insert.executeUpdate();
      inserted.add(id);
      return;
    }
    long id = ThreadLocalRandom.current().nextLong(1, nextId.get() + 1);
    PreparedStatement statement = dice < 25 ? delete : update;
    statement.setLong(1, id);
    if (statement.executeUpdate() == 1) {
      if (dice < 25) {
        deleted.add(id);
      } else {
        increments.merge(id, 1L, Long::sum);
      }
    }
  }

  /** Ends the writing, and fails where a writer did. */
  void stop() throws SQLException {
    close();
    SQLException failed = failure;
    if (failed != null) {
      throw failed;
    }
  }

  /** How many rows of a table are not what the acknowledged writes made of them. */
  long lostIn(String name) throws SQLException {
    long lost = 0;
    long found = 0;
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(10_000);
        try (ResultSet row = statement.executeQuery("SELECT id, n FROM " + name)) {
          while (row.next()) {
            found++;
            long id = row.getLong(1);
            boolean known = id <= rows || inserted.contains(id);
            if (!known
                || deleted.contains(id)
                || row.getLong(2) != increments.getOrDefault(id, 0L)) {
              lost++;
            }
          }
        }
      }
    }
    return lost + Math.abs(rows + inserted.size() - deleted.size() - found);
  }

  @Override
  public void close() {
    running = false;
    threads.forEach(Threads::join);
  }
}
