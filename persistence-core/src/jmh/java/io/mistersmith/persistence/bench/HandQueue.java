package io.mistersmith.persistence.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A queue as one writes it by hand, and as libraries over one table do: claims mark rows in batches
 * with {@code SKIP LOCKED}, and each row is deleted when it is done.
 */
final class HandQueue implements AutoCloseable {

  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS bench_queue (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL,
        data JSONB NOT NULL, due TIMESTAMPTZ NOT NULL, picked BOOLEAN NOT NULL, worker TEXT,
        heartbeat TIMESTAMPTZ, version BIGINT NOT NULL);
      CREATE INDEX IF NOT EXISTS bench_queue_due ON bench_queue (due);
      CREATE INDEX IF NOT EXISTS bench_queue_heartbeat ON bench_queue (heartbeat)
      """;

  private static final String FILL =
      """
      INSERT INTO bench_queue (name, data, due, picked, version)
      SELECT 'bench', '{"city": "Rome", "n": 1}', now(), FALSE, 1 FROM generate_series(1, ?)
      """;

  private static final String CLAIM =
      """
      UPDATE bench_queue AS q
         SET picked = TRUE, worker = 'bench', heartbeat = now(), version = version + 1
       WHERE id IN (SELECT id FROM bench_queue WHERE NOT picked AND due <= now()
                     ORDER BY due LIMIT 50 FOR UPDATE SKIP LOCKED)
      RETURNING id
      """;

  private static final String DONE = "DELETE FROM bench_queue WHERE id = ?";

  private static final String FRONT =
      """
      INSERT INTO agents.registry (agent_id, agent_type, agent_name)
      VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'bench', 'other');
      INSERT INTO tasks.queue (task_type, priority, scheduled_at)
      SELECT 'bench', 'critical', now() + INTERVAL '1 day' FROM generate_series(1, %1$d);
      INSERT INTO tasks.queue (task_type, priority, blocked_by)
      SELECT 'bench', 'critical', 1 FROM generate_series(1, %1$d);
      INSERT INTO tasks.queue (task_type, priority)
      SELECT 'other', 'critical' FROM generate_series(1, %1$d);
      INSERT INTO tasks.queue (task_type, priority, assigned_agent_id)
      SELECT 'bench', 'critical', 'aaaaaaaa-0000-4000-8000-000000000001'
        FROM generate_series(1, %1$d)
      """;

  private static final String DEAD =
      """
      SELECT string_agg(relname || '=' || n_dead_tup, ' ' ORDER BY relname)
        FROM pg_stat_user_tables WHERE schemaname = 'tasks' AND relname ~ '^(ready|leases)_'
      """;

  private final Site site;
  private final Connection connection;

  HandQueue(Site site) throws SQLException {
    this.site = site;
    this.connection = site.postgres();
    execute(TABLE);
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void fill(int count) throws SQLException {
    try (PreparedStatement fill = connection.prepareStatement(FILL)) {
      fill.setInt(1, count);
      fill.executeUpdate();
    }
  }

  /** Puts tasks of the library into the queue that no claim of the benchmark is to get. */
  void putInFront(int count) throws SQLException {
    execute(FRONT.formatted(count));
    execute("ANALYZE tasks.queue");
  }

  /** Claims and deletes all rows by so many threads; returns the seconds. */
  double drain(int threads) throws InterruptedException {
    long start = System.nanoTime();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(this::drainAlone, "bench-hand-" + i);
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private void drainAlone() {
    try (Connection own = site.postgres();
        PreparedStatement claim = own.prepareStatement(CLAIM);
        PreparedStatement done = own.prepareStatement(DONE)) {
      List<Long> ids = claim(claim);
      while (!ids.isEmpty()) {
        for (long id : ids) {
          done.setLong(1, id);
          done.executeUpdate();
        }
        ids = claim(claim);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Long> claim(PreparedStatement claim) throws SQLException {
    List<Long> ids = new ArrayList<>();
    try (ResultSet rows = claim.executeQuery()) {
      while (rows.next()) {
        ids.add(rows.getLong(1));
      }
    }
    return ids;
  }

  /** Returns how much WAL the server has written. */
  long wal() throws SQLException {
    return Long.parseLong(single("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"));
  }

  /** Returns the dead rows of what claims look at. */
  String dead() throws SQLException {
    return single(DEAD);
  }

  private String single(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
