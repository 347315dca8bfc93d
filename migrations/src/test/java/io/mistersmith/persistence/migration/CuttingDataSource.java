package io.mistersmith.persistence.migration;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.postgresql.PGConnection;

/**
 * A small pool of connections that has the server's side of one terminated at a chosen point.
 * Points are: before each statement that runs without parameters, which is how scripts run; after
 * it, where it is not in a transaction and so stays; and before and after the commit of such
 * statements. They are counted over all connections.
 */
final class CuttingDataSource implements AutoCloseable {
  private final TestDatabase database;
  private final Connection killer;
  private final List<Connection> all = new ArrayList<>();
  private final Deque<Connection> idle = new ArrayDeque<>();
  private int cutAt;
  private int points;

  CuttingDataSource(TestDatabase database) throws SQLException {
    this.database = database;
    this.killer = database.connect();
  }

  /** Counts from 1 again, and cuts at this point. */
  void cutAt(int point) {
    cutAt = point;
    points = 0;
  }

  /** Whether the point was reached. */
  boolean hasCut() {
    return points >= cutAt;
  }

  DataSource dataSource() {
    return proxy(DataSource.class, database.dataSource(), (name, call) -> connection());
  }

  private synchronized Connection connection() throws SQLException {
    Connection connection = idle.poll();
    if (connection == null) {
      connection = database.connect();
      all.add(connection);
    }
    return new Cut(connection).proxy();
  }

  /** One loan of a connection. */
  private final class Cut {
    private final Connection connection;
    private boolean dead;
    private boolean changed;

    Cut(Connection connection) {
      this.connection = connection;
    }

    Connection proxy() {
      return CuttingDataSource.proxy(Connection.class, connection, this::call);
    }

    private Object call(String name, Call call) throws Throwable {
      return switch (name) {
        case "commit" -> changed ? around(call, true) : call.run();
        case "createStatement" -> proxy((Statement) call.run());
        case "abort" -> {
          dead = true;
          yield call.run();
        }
        case "close" -> {
          giveBack();
          yield "";
        }
        default -> call.run();
      };
    }

    private Statement proxy(Statement statement) {
      return CuttingDataSource.proxy(
          Statement.class,
          statement,
          (name, call) -> {
            if (!name.equals("execute")) {
              return call.run();
            }
            changed = true;
            return around(call, connection.getAutoCommit());
          });
    }

    private Object around(Call call, boolean stays) throws Throwable {
      pass();
      Object result = call.run();
      if (stays) {
        pass();
      }
      return result;
    }

    private void pass() throws SQLException {
      points++;
      if (points == cutAt) {
        dead = true;
        int pid = connection.unwrap(PGConnection.class).getBackendPID();
        terminate(pid);
      }
    }

    /** Not by pg_terminate_backend's own timeout, which looks only every 100 ms. */
    private void terminate(int pid) throws SQLException {
      try (PreparedStatement terminate = killer.prepareStatement("SELECT pg_terminate_backend(?)");
          PreparedStatement alive =
              killer.prepareStatement("SELECT FROM pg_stat_activity WHERE pid = ?")) {
        terminate.setInt(1, pid);
        terminate.execute();
        alive.setInt(1, pid);
        Awaitility.await("the end of backend " + pid)
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> {
                  try (ResultSet row = alive.executeQuery()) {
                    return !row.next();
                  }
                });
      }
    }

    private void giveBack() throws SQLException {
      synchronized (CuttingDataSource.this) {
        if (dead || connection.isClosed()) {
          connection.close();
        } else {
          idle.push(connection);
        }
      }
    }
  }

  @Override
  public void close() throws SQLException {
    killer.close();
    for (Connection connection : all) {
      connection.close();
    }
  }

  @FunctionalInterface
  private interface Call {
    Object run() throws Throwable;
  }

  @FunctionalInterface
  private interface Around {
    Object call(String method, Call call) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Object target, Around around) {
    return type.cast(
        Proxy.newProxyInstance(
            CuttingDataSource.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object result =
                  around.call(
                      method.getName(),
                      () -> {
                        try {
                          return method.invoke(target, arguments);
                        } catch (InvocationTargetException e) {
                          throw e.getCause();
                        }
                      });
              return method.getReturnType() == void.class ? null : result;
            }));
  }
}
