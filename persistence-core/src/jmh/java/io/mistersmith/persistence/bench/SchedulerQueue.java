package io.mistersmith.persistence.bench;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * The queue of db-scheduler: one-time tasks that it locks and fetches in one statement, many at a
 * time, and deletes one by one. It has four times as many connections as the library.
 */
final class SchedulerQueue implements AutoCloseable {

  private static final int THREADS = 64;
  private static final int CONNECTIONS = 16;

  /** As db-scheduler's own file for PostgreSQL has it. */
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS scheduled_tasks (
        task_name TEXT NOT NULL, task_instance TEXT NOT NULL, task_data BYTEA,
        execution_time TIMESTAMPTZ NOT NULL, picked BOOLEAN NOT NULL, picked_by TEXT,
        last_success TIMESTAMPTZ, last_failure TIMESTAMPTZ, consecutive_failures INT,
        last_heartbeat TIMESTAMPTZ, version BIGINT NOT NULL, priority SMALLINT,
        PRIMARY KEY (task_name, task_instance));
      CREATE INDEX IF NOT EXISTS execution_time_idx ON scheduled_tasks (execution_time);
      CREATE INDEX IF NOT EXISTS last_heartbeat_idx ON scheduled_tasks (last_heartbeat);
      CREATE INDEX IF NOT EXISTS priority_execution_time_idx
        ON scheduled_tasks (priority DESC, execution_time ASC)
      """;

  private final HikariDataSource pool;
  private final OneTimeTask<String> task;
  private final SchedulerClient client;
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicLong ids = new AtomicLong();

  SchedulerQueue(Site site) throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(site.jdbcUrl());
    config.setUsername(site.user());
    config.setPassword(site.password());
    config.setMaximumPoolSize(CONNECTIONS);
    this.pool = new HikariDataSource(config);
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(TABLE);
    }
    this.task =
        Tasks.oneTime("bench", String.class).execute((instance, context) -> done.incrementAndGet());
    this.client = SchedulerClient.Builder.create(pool, task).build();
  }

  /** Adds so many tasks, in batches. */
  void enqueue(int count) {
    for (int left = count; left > 0; left -= 500) {
      List<TaskInstance<?>> some =
          IntStream.range(0, Math.min(left, 500))
              .<TaskInstance<?>>mapToObj(
                  i -> task.instance(Long.toString(ids.incrementAndGet()), "{\"city\": \"Rome\"}"))
              .toList();
      client.scheduleBatch(some, Instant.now());
    }
  }

  /** Starts a scheduler, which the caller stops. */
  Scheduler start() {
    Scheduler scheduler =
        Scheduler.create(pool, task)
            .threads(THREADS)
            .pollUsingLockAndFetch(0.5, 4.0)
            .pollingInterval(Duration.ofMillis(100))
            .build();
    scheduler.start();
    return scheduler;
  }

  /** Returns how many tasks were run so far. */
  AtomicInteger done() {
    return done;
  }

  @Override
  public void close() {
    pool.close();
  }
}
