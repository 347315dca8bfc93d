package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Restructures tables that others use meanwhile. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class ShadowTableInUseIT extends RunsOnlineChanges {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ShadowTableInUseIT(int majorVersion) {}

  @Test
  void noWriteIsLostByCopyCutOverAndCutBackUnderWriters() throws Exception {
    String table = table("busy", 3_000);
    ShadowTable change =
        shadow(table)
            .sleeper(Sleeper.THREAD)
            .pacing(PATIENT.withLocks(Duration.ofSeconds(2), 40, Duration.ofMillis(20)))
            .build();
    try (WriteLoad load = WriteLoad.start(database, table, 3_000, 4, Duration.ofMillis(1))) {
      change.run();
      awaitWrites(load);
      change.cutBack();
      awaitWrites(load);
      assertThat(change.verify().none()).isTrue();
      change.cutOver();
      awaitWrites(load);
      load.stop();
      assertThat(load.lostIn("app.busy")).isZero();
      assertThat(load.lostIn("app.busy_old")).isZero();
    }
    change.finish();
  }

  private static void awaitWrites(WriteLoad load) {
    long before = load.writes();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> load.writes() > before + 200);
  }

  @Test
  void rowThatIsDeletedWhileItIsCopiedStaysDeleted() throws Exception {
    table("deleted", 10);
    ShadowTable change =
        shadow("app.deleted")
            .dataSource(named("deleted-change"))
            .column("n", "n * app.gate(id, 5)")
            .pacing(PATIENT.withLocks(Duration.ofSeconds(60), 3, Duration.ZERO))
            .columnBack("n", "n")
            .build();
    change.start();
    try (Connection gate = database.getConnection();
        Connection deleter = named("deleter").getConnection()) {
      execute(gate, "SELECT pg_advisory_lock(5)");
      var copy = threads.submit(change::copy);
      awaitBlocked("deleted-change");
      // The copy has read row 1, and has not written it yet.
      var delete = threads.submit(() -> execute(deleter, "DELETE FROM app.deleted WHERE id = 1"));
      await(
          "SELECT NOT EXISTS (SELECT FROM app.deleted WHERE id = 1) OR EXISTS (SELECT FROM"
              + " pg_stat_activity WHERE application_name = 'deleter' AND wait_event_type ="
              + " 'Lock')");
      execute(gate, "SELECT pg_advisory_unlock(5)");
      copy.get(60, TimeUnit.SECONDS);
      assertThat(delete.get(60, TimeUnit.SECONDS)).isEqualTo(1);
    }
    assertThat(query("SELECT id FROM app.deleted_shadow ORDER BY id"))
        .hasSize(9)
        .doesNotContain("1");
    assertThat(change.verify().none()).isTrue();
    change.abandon();
  }

  @Test
  void writerOnAnOldSnapshotCannotDeleteWhatItsTriggerDoesNotSee() throws SQLException {
    table("old_snapshot", 10);
    ShadowTable change = shadow("app.old_snapshot").build();
    change.start();
    try (Connection writer = database.getConnection()) {
      writer.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      writer.setAutoCommit(false);
      execute(writer, "SELECT count(*) FROM app.old_snapshot");
      change.copy();
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> execute(writer, "DELETE FROM app.old_snapshot WHERE id = 1"))
          .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("40001"));
      writer.rollback();
      execute(writer, "DELETE FROM app.old_snapshot WHERE id = 1");
      writer.commit();
    }
    assertThat(change.verify().none()).isTrue();
    assertThat(one("SELECT count(*) FROM app.old_snapshot_shadow")).isEqualTo("9");
    change.abandon();
  }

  @Test
  void cutOverWaitsForSnapshotsThatWouldMissTheCopy() throws SQLException {
    table("reader", 10);
    AtomicInteger pauses = new AtomicInteger();
    try (Connection reader = database.getConnection()) {
      reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      reader.setAutoCommit(false);
      // Its snapshot is from before the copy, and it has not touched the table yet.
      execute(reader, "SELECT 1 FROM pg_class LIMIT 1");
      ShadowTable change =
          shadow("app.reader")
              .sleeper(
                  pause -> {
                    pauses.incrementAndGet();
                    try {
                      // A table that it reads now would look empty to it after the cut-over.
                      execute(
                          reader, "DO 'BEGIN ASSERT (SELECT count(*) FROM app.reader) = 10; END'");
                      reader.commit();
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  })
              .build();

      change.run();
    }
    assertThat(pauses).hasValue(1);
    assertThat(state("app.reader")).isEqualTo("cut_over");
  }

  @Test
  void cutOverGivesWayToATransactionThatUsesTheTable() throws SQLException {
    table("used", 10);
    ShadowTable.Builder builder = shadow("app.used");
    builder.build().start();
    builder.build().copy();
    builder.build().verify();
    AtomicInteger pauses = new AtomicInteger();
    try (Connection user = database.getConnection()) {
      user.setAutoCommit(false);
      execute(user, "UPDATE app.used SET n = 1 WHERE id = 1");
      builder
          .pacing(PATIENT.withLocks(Duration.ofMillis(10), 9, Duration.ofMillis(1)))
          .sleeper(
              pause -> {
                try {
                  execute("SET lock_timeout = '5s'; UPDATE app.used SET n = 2 WHERE id = 2");
                  if (pauses.incrementAndGet() == 3) {
                    user.commit();
                  }
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              })
          .build()
          .cutOver();
    }
    assertThat(pauses).hasValue(3);
    assertThat(query("SELECT n FROM app.used WHERE id < 3 ORDER BY id")).containsExactly("1", "2");
    assertThat(one("SELECT pg_typeof(n)::text FROM app.used LIMIT 1")).isEqualTo("bigint");
  }
}
