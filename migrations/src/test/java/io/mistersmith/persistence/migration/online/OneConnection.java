package io.mistersmith.persistence.migration.online;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A pool of one: hands the same connection out again and again, to one thread. */
final class OneConnection implements AutoCloseable {
  private final Connection connection;

  OneConnection(DataSource dataSource) throws SQLException {
    connection = dataSource.getConnection();
  }

  DataSource dataSource() {
    Connection lent =
        (Connection)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("close")) {
                    return null;
                  }
                  try {
                    return method.invoke(connection, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return (DataSource)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> lent);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
