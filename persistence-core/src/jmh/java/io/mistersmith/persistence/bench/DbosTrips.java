package io.mistersmith.persistence.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.dbos.transact.DBOS;
import dev.dbos.transact.config.DBOSConfig;
import dev.dbos.transact.txstep.JdbcStepFactory;
import dev.dbos.transact.workflow.Workflow;
import dev.dbos.transact.workflow.WorkflowHandle;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Workflows of DBOS Transact with the same three steps, by its transactional steps: the row of a
 * step is committed with DBOS's row about it, as in the library.
 */
final class DbosTrips implements AutoCloseable {

  /** What DBOS makes a proxy of. */
  public interface Trip {

    /** Runs a workflow; returns how many rows it has inserted. */
    int run(long number) throws SQLException;
  }

  /** The workflow. */
  public static final class ThreeSteps implements Trip {

    private final JdbcStepFactory steps;

    ThreeSteps(JdbcStepFactory steps) {
      this.steps = steps;
    }

    @Override
    @Workflow
    public int run(long number) throws SQLException {
      int rows = 0;
      for (String step : HandSagas.STEPS) {
        rows += steps.txStep((Connection connection) -> insert(connection, number, step), step);
      }
      return rows;
    }

    private static int insert(Connection connection, long number, String step) throws SQLException {
      try (PreparedStatement statement =
          connection.prepareStatement(HandSagas.EFFECT.formatted("?", "?"))) {
        statement.setLong(1, number);
        statement.setString(2, step);
        return statement.executeUpdate();
      }
    }
  }

  private final HikariDataSource pool;
  private final DBOS dbos;
  private final Trip trip;
  private final int connections;

  DbosTrips(Site site, int connections) {
    this.connections = connections;
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(site.jdbcUrl());
    config.setUsername(site.user());
    config.setPassword(site.password());
    config.setMaximumPoolSize(connections);
    this.pool = new HikariDataSource(config);
    this.dbos = new DBOS(DBOSConfig.defaults("bench").withDataSource(pool).withAppVersion("1"));
    this.trip = dbos.registerProxy(Trip.class, new ThreeSteps(new JdbcStepFactory(dbos, pool)));
    dbos.launch();
  }

  /** Runs so many workflows; returns the seconds until all are done. */
  double run(long first, int count) throws Exception {
    Queue<WorkflowHandle<Integer, SQLException>> started = new ConcurrentLinkedQueue<>();
    long start = System.nanoTime();
    List<Thread> starters = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      int offset = i;
      Thread thread =
          new Thread(
              () -> {
                for (int number = offset; number < count; number += connections) {
                  long own = first + number;
                  started.add(dbos.startWorkflow(() -> trip.run(own)));
                }
              },
              "bench-dbos-" + i);
      thread.start();
      starters.add(thread);
    }
    for (Thread thread : starters) {
      thread.join();
    }
    int rows = 0;
    for (WorkflowHandle<Integer, SQLException> each : started) {
      rows += each.getResult();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (rows != count * HandSagas.STEPS.size()) {
      throw new IllegalStateException(rows + " rows of " + count + " workflows");
    }
    return seconds;
  }

  @Override
  public void close() {
    dbos.close();
    pool.close();
  }
}
