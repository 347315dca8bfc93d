package io.mistersmith.persistence.core.internal.store.postgres;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A server that answers the question who it is as a test says, or refuses connections. */
final class ScriptedServer implements PrimaryHost.Opener {

  private boolean standby;
  private String system = "1";
  private int timeline = 1;
  private String refusal = "";
  private int open;

  ScriptedServer primaryOf(String name, int present) {
    standby = false;
    system = name;
    timeline = present;
    refusal = "";
    return this;
  }

  ScriptedServer standby() {
    standby = true;
    refusal = "";
    return this;
  }

  /** Refuses connections from now on; those that are open go on working. */
  ScriptedServer refusing(String state) {
    refusal = state;
    return this;
  }

  int openConnections() {
    return open;
  }

  @Override
  public Connection open() throws SQLException {
    if (!refusal.isEmpty()) {
      throw new SQLException("refused", refusal);
    }
    open++;
    return proxy(
        Connection.class,
        (self, method, args) ->
            switch (method.getName()) {
              case "createStatement" -> statement();
              case "close", "abort" -> {
                open--;
                yield null;
              }
              default -> throw new UnsupportedOperationException(method.getName());
            });
  }

  private Statement statement() {
    return proxy(
        Statement.class,
        (self, method, args) -> method.getName().equals("executeQuery") ? answer() : null);
  }

  private ResultSet answer() {
    return proxy(
        ResultSet.class,
        (self, method, args) ->
            switch (method.getName()) {
              case "next" -> true;
              case "getBoolean" -> standby;
              case "getString" -> system;
              case "getInt" -> timeline;
              default -> null;
            });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler calls) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
  }
}
