package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A pooler that clients log in to, which is killed, frozen and started again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgBouncerServerIT {

  private final PgBouncerServer pooler =
      PgBouncerServer.start(TestServers.postgres(), PgBouncerServer.Mode.TRANSACTION, 1);

  @AfterAll
  void close() {
    pooler.close();
  }

  @Test
  void severalClientsShareTheOneConnectionToTheServer() throws SQLException {
    try (Connection one = connect(pooler.password());
        Connection other = connect(pooler.password())) {
      assertThat(backend(one)).isEqualTo(backend(other));
    }
  }

  @Test
  void aWrongPasswordIsRefused() {
    assertThatThrownBy(() -> connect("wrong").close())
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isIn("08P01", "28P01"));
  }

  @Test
  void aKilledOneDropsItsClientsAndComesBackOnItsPort() throws SQLException {
    int port = pooler.port();
    try (Connection before = connect(pooler.password())) {
      assertThat(backend(before)).isPositive();
      pooler.kill();
      assertThatThrownBy(() -> backend(before)).isInstanceOf(SQLException.class);
    }
    pooler.restart();

    assertThat(pooler.port()).isEqualTo(port);
    try (Connection after = connect(pooler.password())) {
      assertThat(backend(after)).isPositive();
    }
  }

  @Test
  void aPausedOneAnswersNobodyUntilItGoesOn() throws SQLException {
    try (Connection open = connect(pooler.password())) {
      assertThat(backend(open)).isPositive();
      open.setNetworkTimeout(Runnable::run, 300);
      pooler.pause();
      try {
        assertThatThrownBy(() -> backend(open))
            .hasRootCauseInstanceOf(SocketTimeoutException.class);
      } finally {
        pooler.resume();
      }
    }
    try (Connection after = connect(pooler.password())) {
      assertThat(backend(after)).isPositive();
    }
  }

  private Connection connect(String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", pooler.user());
    properties.setProperty("password", password);
    properties.setProperty("loginTimeout", "20");
    return DriverManager.getConnection(
        pooler.jdbcUrl(TestServers.postgres().database()), properties);
  }

  private static int backend(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
      row.next();
      return row.getInt(1);
    }
  }
}
