package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerIT {

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void everyMajorVersionStartsDurable(int major) throws SQLException {
    try (PostgresServer server =
        PostgresServer.start(PostgresOptions.defaults().withMajorVersion(major))) {
      assertThat(server.version()).startsWith(major + ".");
      assertThat(query(server, "SHOW server_version")).startsWith(server.version());
      assertThat(query(server, "SHOW fsync")).isEqualTo("on");
      assertThat(query(server, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(server, "SHOW full_page_writes")).isEqualTo("on");
      assertThat(server.ownsProcess()).isTrue();
    }
  }

  @Test
  void keepsCommittedRowsAndItsPortOverKillAndStop() throws SQLException {
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      int port = server.port();
      long pid = server.pid();
      execute(server, "CREATE TABLE kept (id int)");
      execute(server, "INSERT INTO kept VALUES (1)");
      List<Long> backends = ProcessSignals.children(pid);

      server.kill();

      assertThat(backends).isNotEmpty().noneMatch(ProcessSignals::isAlive);
      assertThatThrownBy(() -> query(server, "SELECT 1")).isInstanceOf(SQLException.class);
      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.pid()).isNotEqualTo(pid);
      assertThat(query(server, "SELECT count(*) FROM kept")).isEqualTo("1");

      server.stop();
      assertThatThrownBy(() -> query(server, "SELECT 1")).isInstanceOf(SQLException.class);
      server.restart();
      assertThat(query(server, "SELECT count(*) FROM kept")).isEqualTo("1");
    }
  }

  /** A backend that computes does not notice that its postmaster has died. */
  @Test
  void killEndsABackendThatIsBusy() throws Exception {
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      CompletableFuture<Void> busy =
          CompletableFuture.runAsync(
              () -> {
                try {
                  query(server, "SELECT count(*) FROM generate_series(1, 2000000000)");
                } catch (SQLException e) {
                  throw new CompletionException(e);
                }
              });
      String active =
          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%series(1%' AND pid <> pg_backend_pid()";
      Awaitility.await().until(() -> query(server, active), "1"::equals);
      List<Long> backends = ProcessSignals.children(server.pid());

      server.kill();

      assertThat(backends).isNotEmpty().noneMatch(ProcessSignals::isAlive);
      assertThat(busy)
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withCauseInstanceOf(SQLException.class);
      server.restart();
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void goesBackToAnOlderCopyOfItself(@TempDir Path directory) throws SQLException {
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      execute(server, "CREATE TABLE kept (id int)");
      server.kill();
      Path copy = server.copyData(directory.resolve("older"));
      server.restart();
      execute(server, "INSERT INTO kept VALUES (1)");
      assertThatThrownBy(() -> server.replaceData(copy))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is running");
      server.stop();

      server.replaceData(copy);
      server.restart();

      assertThat(query(server, "SELECT count(*) FROM kept")).isEqualTo("0");
    }
  }

  @Test
  void answersNobodyWhilePaused() throws SQLException {
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults());
        Connection open = connect(server.jdbcUrl(), server.user());
        Statement statement = open.createStatement()) {
      statement.execute("SELECT 1");
      server.pause();
      open.setNetworkTimeout(Runnable::run, 300);
      assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> query(server, "SELECT 1")).isInstanceOf(SQLException.class);
      server.resume();
      assertThat(query(server, "SELECT 2")).isEqualTo("2");
    }
  }

  @Test
  void stopsAndClosesWhilePaused() {
    long pid;
    Path data;
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      server.pause();
      server.stop();
      server.restart();
      pid = server.pid();
      data = server.dataDirectory();
      assertThat(data).isDirectory();
      server.pause();
    }
    assertThat(ProcessSignals.isAlive(pid)).isFalse();
    assertThat(data).doesNotExist();
  }

  @Test
  void createsDatabasesOnce() throws SQLException {
    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      String url = server.createDatabase("another_one");
      try (Connection connection = connect(url, server.user())) {
        assertThat(connection.getCatalog()).isEqualTo("another_one");
      }
      assertThatThrownBy(() -> server.createDatabase("another_one"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already exists");
      assertThatThrownBy(() -> server.createDatabase("x\"; DROP TABLE y"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void showsItsLogWhenItDoesNotStart() {
    PostgresOptions options = PostgresOptions.defaults().withServerSetting("no_such_setting", "1");
    assertThatThrownBy(() -> PostgresServer.start(options))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no_such_setting");
  }

  private static Connection connect(String url, String user) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("connectTimeout", "1");
    properties.setProperty("loginTimeout", "1");
    return DriverManager.getConnection(url, properties);
  }

  private static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = connect(server.jdbcUrl(), server.user());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = connect(server.jdbcUrl(), server.user());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
