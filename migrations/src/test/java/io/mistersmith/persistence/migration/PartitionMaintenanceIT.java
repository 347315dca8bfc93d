package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Regular maintenance of partitions, and rows that arrive without it. Time is an argument. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class PartitionMaintenanceIT extends RunsPartitions {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  PartitionMaintenanceIT(int majorVersion) {}

  @Test
  void midnightFindsItsPartitionReady() throws SQLException {
    assertThat(maintain("2030-06-30 23:59:59.999999Z")).containsExactly("log done 3 0 0 0");
    insert("2030-06-30 23:59:59.999999Z", "2030-07-01Z", "2030-07-02 23:59:59.999999Z");
    assertThat(rowsByPartition())
        .containsExactly("demo.log_2030_06_30 1", "demo.log_2030_07_01 1", "demo.log_2030_07_02 1");
    assertThat(maintain("2030-07-01Z")).containsExactly("log done 1 0 0 0");
    assertThat(maintain("2030-07-01Z")).containsExactly("log done 0 0 0 0");
  }

  @Test
  void monthWithoutMaintenanceLosesNothing() throws SQLException {
    maintain("2030-01-01Z");
    database.execute(
        """
        INSERT INTO demo.log (n, sent_at)
        SELECT n, '2030-01-01Z'::timestamptz + n * INTERVAL '1 hour'
          FROM generate_series(0, 743) AS n;
        CREATE TABLE demo.before AS SELECT * FROM demo.log
        """);
    assertThat(rowsByPartition()).contains("demo.log_default 672");

    assertThat(maintain("2030-01-31 23:00Z")).containsExactly("log done 30 672 0 0");

    assertThat(rowsByPartition()).hasSize(31).allMatch(row -> row.endsWith(" 24"));
    assertThat(
            database.query(
                """
                (SELECT * FROM demo.before EXCEPT ALL SELECT * FROM demo.log)
                UNION ALL (SELECT * FROM demo.log EXCEPT ALL SELECT * FROM demo.before)
                """))
        .isEmpty();
    assertThat(
            refusal(
                "INSERT INTO demo.log (id, sent_at) SELECT id, sent_at FROM demo.before WHERE n ="
                    + " 500"))
        .as("what was unique still is")
        .isEqualTo("23505");
  }

  @Test
  void manyRowsAreMovedABoundedNumberAtATime() throws SQLException {
    database.execute(
        """
        UPDATE partitions.settings SET drain_limit = 100;
        INSERT INTO demo.log (n, sent_at)
        SELECT n, '2030-01-01Z'::timestamptz + n * INTERVAL '3 minutes'
          FROM generate_series(0, 1439) AS n;
        INSERT INTO demo.log (n, sent_at) SELECT n, '2029-12-31Z' FROM generate_series(1, 150) AS n
        """);
    assertThat(maintain("2030-01-03 23:00Z")).containsExactly("log incomplete 3 100 0 0");
    insert("2030-01-03 23:00Z");
    assertThat(rowsByPartition())
        .as("what is written now has its partition first")
        .containsExactly("demo.log_2030_01_03 101", "demo.log_default 1490");
    assertThat(maintain("2030-01-03 23:00Z"))
        .as("a moment is not divided, and a period only if it has too many rows")
        .containsExactly("log incomplete 1 100 0 0");
    List<String> outcomes = new ArrayList<>();
    do {
      outcomes.addAll(maintain("2030-01-03 23:00Z"));
      assertThat(outcomes)
          .as("autovacuum may hold a lock for longer than the maintenance waits; all else succeeds")
          .hasSizeLessThan(20)
          .allMatch(outcome -> !outcome.contains("failed") || outcome.contains("55P03"));
    } while (!outcomes.get(outcomes.size() - 1).startsWith("log done"));
    assertThat(rowsByPartition()).noneMatch(row -> row.contains("default"));
    assertThat(database.query("SELECT count(*) FROM demo.log")).containsExactly("1591");
    assertThat(
            database.query(
                "SELECT * FROM partitions.gaps('demo.log', '2030-01-01Z', '2030-01-04Z')"))
        .as("the parts of a day leave no gap")
        .isEmpty();
  }

  @Test
  void outliersAreNoHindrance() throws SQLException {
    insert("infinity", "-infinity", "1970-01-01Z", "2199-01-01Z", "2030-01-03Z");
    assertThat(maintain("2030-01-01Z")).containsExactly("log done 4 2 1 1");
    assertThat(database.query("SELECT extract(year FROM sent_at) FROM demo.log_default"))
        .containsExactlyInAnyOrder("Infinity", "-Infinity", "2199");
  }

  @Test
  void rowsThatCannotBeMovedDoNotStopTheRest() throws SQLException {
    insert("2029-12-30Z");
    database.execute(
        """
        CREATE TABLE demo.refers (
          id UUID, at TIMESTAMPTZ, FOREIGN KEY (id, at) REFERENCES demo.log ON DELETE CASCADE);
        INSERT INTO demo.refers SELECT id, sent_at FROM demo.log
        """);
    assertThat(maintain("2030-01-01Z"))
        .singleElement()
        .asString()
        .startsWith("log failed 3 0 0 0 the default partition was not drained: ")
        .contains("(55000)");
    assertThat(bounds()).hasSize(3);
    assertThat(database.query("SELECT count(*) FROM demo.refers")).containsExactly("1");
  }

  @Test
  void partitionGoesOnceItsLastMomentIsOlderThanAskedAndNotBefore() throws SQLException {
    maintain("2030-01-01Z");
    insert("2030-01-01Z", "2030-01-01 23:59:59.999999Z");
    assertThat(maintain("2030-01-31 23:59:59.999999Z")).containsExactly("log done 3 0 0 0");
    assertThat(rowsByPartition()).contains("demo.log_2030_01_01 2");
    assertThat(maintain("2030-02-01Z")).containsExactly("log done 1 0 1 1");
    assertThat(rowsByPartition()).isEmpty();
    assertThat(database.query("SELECT to_regclass('demo.log_2030_01_01')")).containsExactly("null");
  }

  @Test
  void partitionIsKeptDetachedWhereAskedAndForEverWithoutRetention() throws SQLException {
    maintain("2030-01-01Z");
    insert("2030-01-01Z");
    database.execute("UPDATE partitions.settings SET keep_detached = true");
    assertThat(maintain("2030-02-01Z")).containsExactly("log done 3 0 1 0");
    assertThat(rowsByPartition()).isEmpty();
    assertThat(database.query("SELECT count(*) FROM demo.log_2030_01_01")).containsExactly("1");
    database.execute("UPDATE partitions.settings SET retain = NULL");
    assertThat(maintain("2130-01-01Z")).containsExactly("log done 3 0 0 0");
    assertThat(bounds()).hasSize(8);
  }

  @Test
  void tablesThatOnlyLookLikePartitionsAndPartitionsOfOtherSchemasAreSafe() throws SQLException {
    database.execute(
        """
        CREATE TABLE billing.log_archive_2019_01_01 (a INT);
        CREATE TABLE billing.log_2019_01_01 (a INT);
        CREATE TABLE demo.log_2019_01_01 (a INT);
        CREATE TABLE demo.log_archive_2019_01_01 (a INT);
        CREATE TABLE billing.attached_2019_01_02 PARTITION OF demo.log
          FOR VALUES FROM ('2019-01-02Z') TO ('2019-01-03Z');
        CREATE TABLE demo.log_2099_01_01 PARTITION OF demo.log
          FOR VALUES FROM ('2019-01-03Z') TO ('2019-01-04Z')
        """);
    assertThat(maintain("2030-01-01Z")).containsExactly("log done 3 0 2 1");
    assertThat(
            database.query(
                """
                SELECT oid::regclass FROM pg_class
                 WHERE relkind = 'r' AND relname ~ '2019|2099' ORDER BY oid::regclass::text
                """))
        .containsExactly(
            "billing.attached_2019_01_02",
            "billing.log_2019_01_01",
            "billing.log_archive_2019_01_01",
            "demo.log_2019_01_01",
            "demo.log_archive_2019_01_01");
  }

  @Test
  void partitionThatCannotGoIsReportedAndTheRestIsDone() throws SQLException {
    maintain("2030-01-01Z");
    database.execute("CREATE VIEW billing.uses AS SELECT * FROM demo.log_2030_01_01");
    assertThat(maintain("2030-02-02Z"))
        .singleElement()
        .asString()
        .startsWith("log failed 3 0 1 1 demo.log_2030_01_01 was not retired: ")
        .endsWith("(2BP01)");
    assertThat(
            database.query(
                "SELECT concat_ws(' ', last_outcome, last_message LIKE '%2BP01%',"
                    + " last_success_at < last_run_at) FROM partitions.settings"))
        .containsExactly("failed t t");
  }

  @Test
  void tableThatSomebodyHoldsIsReportedAndTheOthersAreDone() throws SQLException {
    secondTable();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE demo.log IN ACCESS SHARE MODE");
      assertThat(maintain("2030-01-01Z"))
          .satisfiesExactly(
              log -> assertThat(log).startsWith("log failed 0 0 0 0 ").contains("(55P03)"),
              other -> assertThat(other).isEqualTo("other done 2 0 0 0"));
      // Rows arrive all the same.
      insert("2030-01-01Z");
      connection.rollback();
    }
    assertThat(maintain("2030-01-01Z")).containsExactly("log done 3 1 0 0", "other done 0 0 0 0");
  }

  @Test
  void missingOrUnsuitableTableDoesNotStopTheOthers() throws SQLException {
    secondTable();
    database.execute(
        """
        INSERT INTO partitions.settings (parent_schema, parent_table)
        VALUES ('demo', 'gone'), ('demo', 'deleted')
        """);
    assertThat(maintain("2030-01-01Z"))
        .satisfiesExactly(
            plain -> assertThat(plain).startsWith("deleted failed 0 0 0 0 ").contains("(42809)"),
            gone -> assertThat(gone).startsWith("gone missing 0 0 0 0 "),
            log -> assertThat(log).isEqualTo("log done 3 0 0 0"),
            other -> assertThat(other).isEqualTo("other done 2 0 0 0"));
  }

  @Test
  void singleTableCanBeMaintainedAlone() throws SQLException {
    secondTable();
    assertThat(
            database.query(
                "SELECT parent_table FROM partitions.maintain('2030-01-01Z', 'demo.other')"))
        .containsExactly("other");
    assertThat(bounds()).isEmpty();
  }

  @Test
  void oneWorksAndTheOthersReturnAtOnce() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT partitions.maintain('2030-01-01Z')");
      assertThat(maintain("2030-01-01Z")).containsExactly("log busy 0 0 0 0");
      connection.commit();
    }
    assertThat(bounds()).hasSize(3);
    assertThat(database.query("SELECT last_outcome FROM partitions.settings"))
        .containsExactly("done");
    assertThat(maintain("2030-01-01Z")).containsExactly("log done 0 0 0 0");
  }

  @Test
  void drainingMovesWhatIsDueAndSaysHowMuch() throws SQLException {
    insert("2030-01-01Z", "2030-01-02Z", "2030-01-03Z");
    String drain = "SELECT partitions.drain_default('demo.log', 1, '2030-01-02 12:00Z')";
    assertThat(database.query(drain)).containsExactly("1");
    assertThat(database.query(drain)).containsExactly("1");
    assertThat(database.query(drain)).containsExactly("0");
    assertThat(rowsByPartition()).contains("demo.log_default 1").hasSize(3);
  }

  private static void secondTable() throws SQLException {
    database.execute(
        """
        CREATE TABLE demo.other (at TIMESTAMPTZ NOT NULL) PARTITION BY RANGE (at);
        SELECT partitions.register('demo.other', '1 month', 1)
        """);
  }

  private static String refusal(String sql) {
    try {
      database.execute(sql);
    } catch (SQLException e) {
      return e.getSQLState();
    }
    return "accepted";
  }
}
