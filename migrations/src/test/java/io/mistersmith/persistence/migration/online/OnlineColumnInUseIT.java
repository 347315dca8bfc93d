package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Adds columns to tables that others use meanwhile. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class OnlineColumnInUseIT extends RunsOnlineChanges {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  OnlineColumnInUseIT(int majorVersion) {}

  @Test
  void noWriteIsLostWhileTheColumnIsFilled() throws Exception {
    String table = table("busy", 5_000);
    OnlineChangeReport report;
    try (WriteLoad load = WriteLoad.start(database, table, 5_000, 4, Duration.ofMillis(1))) {
      report =
          column(table)
              .defaultExpression("7")
              .notNull()
              .sleeper(Sleeper.THREAD)
              .pacing(
                  Pacing.defaults()
                      .withBatchTime(Duration.ofMillis(20), Duration.ofSeconds(2))
                      .withLocks(Duration.ofSeconds(2), 40, Duration.ofMillis(20)))
              .build()
              .run();
      load.stop();
      assertThat(load.writes()).isPositive();
      assertThat(load.lostIn(table)).isZero();
    }
    assertThat(report.rowsWritten()).isPositive();
    assertThat(one("SELECT count(*) FROM app.busy WHERE weight <> 7")).isEqualTo("0");
  }

  @Test
  void tableThatIsInUseIsWaitedForOutsideOfItsQueue() throws SQLException {
    table("in_use", 10);
    AtomicInteger pauses = new AtomicInteger();
    try (Connection user = database.getConnection()) {
      user.setAutoCommit(false);
      execute(user, "UPDATE app.in_use SET n = 1 WHERE id = 1");
      OnlineColumn.Builder column =
          column("app.in_use")
              .defaultExpression("7")
              .pacing(PATIENT.withLocks(Duration.ofMillis(10), 6, Duration.ofMillis(1)))
              .sleeper(
                  pause -> {
                    try {
                      // A session that comes now finds no queue.
                      execute("SET lock_timeout = '5s'; UPDATE app.in_use SET n = 2 WHERE id = 2");
                      if (pauses.incrementAndGet() == 3) {
                        user.commit();
                      }
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  });

      assertThat(column.build().run().retries()).isEqualTo(3);
    }
    assertThat(one("SELECT count(*) FROM app.in_use WHERE weight = 7")).isEqualTo("10");
  }

  @Test
  void tableThatStaysInUseIsLeftAlone() throws SQLException {
    table("always_in_use", 10);
    try (Connection user = database.getConnection()) {
      user.setAutoCommit(false);
      execute(user, "UPDATE app.always_in_use SET n = 1 WHERE id = 1");

      assertThatExceptionOfType(MigrationException.class)
          .isThrownBy(
              () ->
                  column("app.always_in_use")
                      .pacing(PATIENT.withLocks(Duration.ofMillis(10), 3, Duration.ofMillis(1)))
                      .build()
                      .run())
          .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
          .satisfies(e -> assertThat(e.retryable()).isTrue())
          .withMessageContaining("app.always_in_use")
          .withMessageContaining("client backend");
    }
    assertThat(query("SELECT state FROM migrations.online_changes WHERE table_name ~ 'always'"))
        .isEmpty();
  }

  @Test
  void batchThatMeetsALockedRowGivesItsOwnRowsBack() throws SQLException {
    table("locked_row", 100);
    AtomicInteger pauses = new AtomicInteger();
    try (Connection user = database.getConnection()) {
      user.setAutoCommit(false);
      OnlineColumn.Builder column =
          column("app.locked_row")
              .defaultExpression("7")
              .pacing(
                  PATIENT
                      .withBatchSize(10, 10)
                      .withLocks(Duration.ofMillis(10), 9, Duration.ofMillis(1)))
              .listener(
                  progress -> {
                    if (progress.rowsSeen() == 10) {
                      run(user, "UPDATE app.locked_row SET n = 1 WHERE id = 15");
                    }
                  })
              .sleeper(
                  pause -> {
                    int paused = pauses.incrementAndGet();
                    if (paused <= 2) {
                      // Its rows are free while it pauses, even for who has the locked one.
                      run(user, "UPDATE app.locked_row SET n = 1 WHERE id = 11");
                    }
                    if (paused == 2) {
                      commit(user);
                    }
                  });

      assertThat(column.build().run().rowsSeen()).isEqualTo(100);
    }
    assertThat(pauses).hasValueGreaterThanOrEqualTo(2);
    assertThat(query("SELECT id FROM app.locked_row WHERE n = 1 AND weight = 7 ORDER BY 1"))
        .containsExactly("11", "15");
  }

  private static void run(Connection connection, String sql) {
    try {
      execute(connection, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void commit(Connection connection) {
    try {
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
