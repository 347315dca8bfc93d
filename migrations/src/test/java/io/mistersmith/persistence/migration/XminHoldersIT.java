package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps vacuum from removing rows is named, with the statement that ends it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class XminHoldersIT extends MonitorsSmallServer {
  private static final String HOLDERS =
      "SELECT concat_ws(' ', kind, holder, remedy) FROM monitoring.xmin_holders()";

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  XminHoldersIT(int majorVersion) {}

  private static String measured(String metric) throws SQLException {
    return database
        .query("SELECT current_value FROM monitoring.measure_threshold('%s')".formatted(metric))
        .get(0);
  }

  @Test
  void anIdleDatabaseHasNone() throws SQLException {
    assertThat(database.query(HOLDERS)).isEmpty();
    assertThat(measured("xmin_age_transactions")).isEqualTo("0");
  }

  @Test
  void aSessionIsNamedWhoseRemedyEndsIt() throws SQLException {
    Connection forgotten = open("forgetful");
    forgotten.setAutoCommit(false);
    execute(forgotten, "SELECT txid_current()");
    database.execute(
        "DO $$ BEGIN FOR i IN 1..7 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$");

    assertThat(
            database.query(
                "SELECT concat_ws(' ', kind, detail, xmin_age >= 7, since < clock_timestamp())"
                    + " FROM monitoring.xmin_holders()"))
        .singleElement()
        .asString()
        .matches("session forgetful of .*, idle in transaction t t");
    assertThat(Long.parseLong(measured("xmin_age_transactions"))).isGreaterThanOrEqualTo(7);

    String remedy = database.query("SELECT remedy FROM monitoring.xmin_holders()").get(0);
    assertThat(database.query(remedy)).containsExactly("t");
    assertThat(database.query(HOLDERS)).isEmpty();
  }

  @Test
  void aPreparedTransactionIsNamedWhoseRemedyEndsIt() throws SQLException {
    Connection connection = open("preparing");
    connection.setAutoCommit(false);
    execute(connection, "CREATE TABLE app.limbo (a INT)");
    execute(connection, "PREPARE TRANSACTION 'it''s mine'");

    assertThat(database.query(HOLDERS))
        .containsExactly("prepared it's mine ROLLBACK PREPARED 'it''s mine'");
    database.execute(database.query("SELECT remedy FROM monitoring.xmin_holders()").get(0));
    assertThat(database.query(HOLDERS)).isEmpty();
  }

  @Test
  void whatCannotBeMeasuredStopsNoOther() throws SQLException {
    database.execute("ALTER TABLE sagas.open RENAME TO opened");
    try {
      assertThat(alerts("sagas_stopped", "dead_letters_open"))
          .singleElement()
          .asString()
          .startsWith("UNKNOWN sagas_stopped")
          .contains("42P01");
    } finally {
      database.execute("ALTER TABLE sagas.opened RENAME TO open");
    }
    assertThat(alerts("sagas_stopped", "dead_letters_open", "failed_jobs")).isEmpty();
  }

  @Test
  void theLastRunOfAJobDecides() throws SQLException {
    database.execute(
        """
        INSERT INTO monitoring.job_runs (job_name, runtime, started_at, took, outcome)
        VALUES ('a', 'r', now() - INTERVAL '2 hours', '1 s', 'done'),
               ('a', 'r', now() - INTERVAL '1 hour', '1 s', 'failed'),
               ('b', 'r', now() - INTERVAL '2 hours', '1 s', 'failed'),
               ('b', 'r', now() - INTERVAL '1 hour', '1 s', 'done'),
               ('check_alerts', 'r', now() - INTERVAL '1 hour', '1 s', 'failed')
        """);
    try {
      assertThat(alerts("failed_jobs"))
          .containsExactly("WARNING failed_jobs 1 1 failed_jobs is 1: last runs of a");
    } finally {
      database.execute("TRUNCATE monitoring.job_runs");
    }
  }
}
