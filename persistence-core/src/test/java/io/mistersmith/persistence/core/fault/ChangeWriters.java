package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.model.AgentId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Programs that change state and tasks past the library, each in transactions that overlap those of
 * the others: with savepoints, rollbacks, and pauses before their commits. They go on when a server
 * is killed.
 */
final class ChangeWriters implements AutoCloseable {

  private static final String SAVE =
      """
      INSERT INTO agents.state (agent_id, state_key, state_value, version)
      VALUES (?, ?, to_jsonb(?::text), nextval('audit.versions'))
      ON CONFLICT (agent_id, state_key) DO UPDATE
         SET state_value = excluded.state_value, version = excluded.version, deleted_at = NULL
      """;

  private static final String BURY =
      """
      UPDATE agents.state
         SET state_value = 'null', version = nextval('audit.versions'), deleted_at = now()
       WHERE agent_id = ? AND state_key = ?
      """;

  private static final String REMOVE = "DELETE FROM %s WHERE agent_id = ? AND state_key = ?";

  private static final String ADD_TASKS =
      "INSERT INTO tasks.queue (task_type, payload) SELECT 'other', '{}' FROM generate_series(1,"
          + " ?)";

  private static final String CHANGE_TASKS =
      """
      UPDATE tasks.queue AS q SET metadata = jsonb_build_object('n', ?::int)
       WHERE task_id IN (SELECT task_id FROM tasks.queue LIMIT 3 FOR UPDATE SKIP LOCKED)
      """;

  private final List<Thread> threads = new ArrayList<>();
  private final Installation installation;
  private final List<AgentId> agents;
  private volatile boolean open = true;
  private volatile int pauseMillis = 15;

  private ChangeWriters(Installation installation, List<AgentId> agents) {
    this.installation = installation;
    this.agents = agents;
  }

  static ChangeWriters start(
      Installation installation, List<AgentId> agents, int count, long seed) {
    ChangeWriters writers = new ChangeWriters(installation, agents);
    for (int i = 0; i < count; i++) {
      Random random = new Random(seed * 31 + i);
      Thread thread = new Thread(() -> writers.run(random), "change-writer-" + i);
      thread.setDaemon(true);
      thread.start();
      writers.threads.add(thread);
    }
    return writers;
  }

  /** Lets transactions stay open for up to this long. */
  void pauseUpTo(int millis) {
    pauseMillis = millis;
  }

  private void run(Random random) {
    while (open) {
      try (Connection connection = installation.connect()) {
        connection.setAutoCommit(false);
        while (open) {
          transaction(connection, random);
        }
      } catch (SQLException e) {
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos()); // the server was killed
      }
    }
  }

  private void transaction(Connection connection, Random random) throws SQLException {
    try {
      for (int i = random.nextInt(4); i >= 0; i--) {
        Savepoint savepoint = random.nextInt(4) == 0 ? connection.setSavepoint() : null;
        change(connection, random);
        if (savepoint != null && random.nextBoolean()) {
          connection.rollback(savepoint);
        }
        if (random.nextInt(5) == 0) {
          LockSupport.parkNanos(random.nextInt(1 + pauseMillis) * 1_000_000L);
        }
      }
      if (random.nextInt(10) == 0) {
        connection.rollback();
      } else {
        connection.commit();
      }
    } catch (SQLException e) {
      connection.rollback(); // a deadlock, or the server is gone
    }
  }

  private void change(Connection connection, Random random) throws SQLException {
    AgentId agent = agents.get(random.nextInt(agents.size()));
    String key = "_.k" + random.nextInt(20);
    int what = random.nextInt(20);
    if (what < 12) {
      int values = random.nextInt(20) == 0 ? 30_000 : 20;
      keyed(connection, SAVE, agent, key, "v".repeat(1 + random.nextInt(values)));
    } else if (what < 14) {
      keyed(connection, BURY, agent, key);
    } else if (what < 16) {
      String table = random.nextBoolean() ? "agents.state" : "agents.state_" + random.nextInt(8);
      keyed(connection, REMOVE.formatted(table), agent, key);
    } else if (what < 18) {
      numbered(connection, ADD_TASKS, 1 + random.nextInt(3));
    } else if (what < 19) {
      numbered(connection, CHANGE_TASKS, random.nextInt());
    } else {
      try (Statement statement = connection.createStatement()) {
        int unused =
            statement.executeUpdate(
                "DELETE FROM tasks.queue WHERE task_id IN (SELECT task_id FROM tasks.queue"
                    + " ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)");
      }
    }
  }

  private static void keyed(
      Connection connection, String sql, AgentId agent, String key, String... more)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, agent.uuid());
      statement.setString(2, key);
      for (int i = 0; i < more.length; i++) {
        statement.setString(3 + i, more[i]);
      }
      int unused = statement.executeUpdate();
    }
  }

  private static void numbered(Connection connection, String sql, int number) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, number);
      int unused = statement.executeUpdate();
    }
  }

  /** Ends all after the transactions under way. */
  @Override
  public void close() {
    open = false;
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(60).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " has not ended");
      }
    }
  }
}
