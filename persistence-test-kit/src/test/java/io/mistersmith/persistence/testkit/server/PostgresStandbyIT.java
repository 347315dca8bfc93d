package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresStandbyIT {
  private static final PostgresOptions OPTIONS =
      PostgresOptions.defaults().withServerSetting("fsync", "off");

  private PostgresServer primary;

  @BeforeEach
  void start() throws SQLException {
    primary = PostgresServer.start(OPTIONS);
    execute(primary, "CREATE TABLE kept (id int)");
  }

  @AfterEach
  void stop() {
    primary.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void everyMajorVersionStreams(int major) throws SQLException {
    try (PostgresServer server = PostgresServer.start(OPTIONS.withMajorVersion(major))) {
      execute(server, "CREATE TABLE kept (id int)");
      try (PostgresStandby standby = server.standby("s1")) {
        execute(server, "INSERT INTO kept VALUES (1)");
        standby.awaitReplayOf(server);
        assertThat(count(standby.server())).isEqualTo(1);
      }
    }
  }

  @Test
  void isCopiedWhileItsPrimaryIsWrittenTo() throws Exception {
    AtomicBoolean end = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; !end.get(); i++) {
                try {
                  execute(primary, "CREATE TABLE t" + i + " AS SELECT * FROM pg_class");
                  execute(primary, "DROP TABLE t" + i);
                  execute(primary, "INSERT INTO kept VALUES (1)");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    writer.start();
    try (PostgresStandby standby = primary.standby("s1")) {
      end.set(true);
      writer.join();
      standby.awaitReplayOf(primary);
      assertThat(count(standby.server())).isEqualTo(count(primary)).isPositive();
    }
  }

  @Test
  void holdsItsReplayBackAndRefusesWrites() throws SQLException {
    try (PostgresStandby standby = primary.standby("s1")) {
      assertThatThrownBy(() -> execute(standby.server(), "INSERT INTO kept VALUES (1)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
      standby.pauseReplay();
      execute(primary, "INSERT INTO kept VALUES (1)");
      assertThat(count(standby.server())).isZero();
      standby.resumeReplay();
      standby.awaitReplayOf(primary);
      assertThat(count(standby.server())).isEqualTo(1);

      standby.delayReplay(Duration.ofHours(1));
      execute(primary, "INSERT INTO kept VALUES (2)");
      PostgresStandby.Position ahead = PostgresStandby.positionOf(primary);
      Awaitility.await().until(() -> received(standby) >= ahead.lsn());
      assertThat(count(standby.server())).isEqualTo(1);
      assertThat(standby.position().lsn()).isLessThan(ahead.lsn());
      standby.delayReplay(Duration.ZERO);
      standby.awaitReplayOf(primary);
    }
  }

  @Test
  void catchesUpAfterAKill() throws SQLException {
    try (PostgresStandby standby = primary.standby("s1")) {
      standby.server().kill();
      execute(primary, "INSERT INTO kept VALUES (1)");
      standby.server().restart();
      standby.awaitReplayOf(primary);
      assertThat(count(standby.server())).isEqualTo(1);
    }
  }

  @Test
  void promotionBeginsATimelineAndTheOldPrimaryCanFollow() throws SQLException {
    try (PostgresStandby standby = primary.standby("s1")) {
      execute(primary, "INSERT INTO kept VALUES (1)");
      standby.awaitReplayOf(primary);
      standby.disconnect();
      execute(primary, "INSERT INTO kept VALUES (2)");
      PostgresStandby.Position before = standby.position();

      standby.promote();

      PostgresStandby.Position after = standby.position();
      assertThat(before.inRecovery()).isTrue();
      assertThat(after.inRecovery()).isFalse();
      assertThat(after.timeline()).isEqualTo(before.timeline() + 1);
      assertThat(after.systemIdentifier())
          .isEqualTo(before.systemIdentifier())
          .isEqualTo(PostgresStandby.positionOf(primary).systemIdentifier());
      assertThat(PostgresStandby.positionOf(primary).timeline()).isEqualTo(before.timeline());
      assertThat(count(standby.server())).as("without what it did not receive").isEqualTo(1);
      execute(standby.server(), "INSERT INTO kept VALUES (3)");

      int port = primary.port();
      primary.stop();
      PostgresStandby second = standby.server().rebuildAsStandby(primary, "s2");
      second.awaitReplayOf(standby.server());
      assertThat(second.position().timeline()).isEqualTo(after.timeline());
      assertThat(primary.port()).isEqualTo(port);
      assertThat(count(primary)).isEqualTo(2);
    }
  }

  private static long received(PostgresStandby standby) throws SQLException {
    return number(
        standby.server(), "SELECT COALESCE(pg_last_wal_receive_lsn() - '0/0'::pg_lsn, 0)");
  }

  private static long count(PostgresServer server) throws SQLException {
    return number(server, "SELECT count(*) FROM kept");
  }

  private static long number(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
