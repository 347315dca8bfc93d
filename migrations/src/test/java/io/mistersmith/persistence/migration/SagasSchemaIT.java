package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables of sagas: what they let in, and which indexes find it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class SagasSchemaIT extends OnMigratedDatabase {
  private String saga = "";

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  SagasSchemaIT(int majorVersion) {}

  @BeforeEach
  void addRun() throws SQLException {
    saga = run("NULL", "NULL");
    database.execute(
        "INSERT INTO sagas.open (saga_id, name, version, due_at, deadline)"
            + " VALUES ('%s', 'order', 1, now(), now())".formatted(saga));
  }

  private static String run(String key, String parent) throws SQLException {
    return single(
        "INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key,"
            + " parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '{}', 'c', %s, %s)"
                .formatted(key, parent)
            + " RETURNING saga_id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "holder = 'r', run_number = 1",
        "state = 'compensating'",
        "stopped = 'compensation_failed', due_at = NULL",
        "stopped = 'forward_failed', due_at = NULL",
        "stopped = 'definition_changed', due_at = NULL",
        "cancel_reason = 'why'"
      })
  void openRunMayBe(String columns) {
    assertThatCode(
            () ->
                database.execute(
                    "UPDATE sagas.open SET %s WHERE saga_id = '%s'".formatted(columns, saga)))
        .doesNotThrowAnyException();
  }

  @Test
  @Exercises("sagas.has_own_key")
  void keyIsUniqueAmongTheRunsOfAName() throws SQLException {
    String first = run("'k1'", "NULL");
    assertThat(
            database.query(
                "INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id,"
                    + " unique_key) SELECT gen_random_uuid(), n, 2, '{reserve}', '{}', 'c', 'k1'"
                    + " FROM unnest('{order,return}'::text[]) AS n"
                    + " ON CONFLICT DO NOTHING RETURNING name"))
        .containsExactly("return");
    assertThat(
            database.query(
                "SELECT saga_id FROM sagas.runs AS r WHERE name = 'order' AND unique_key = 'k1'"
                    + " AND sagas.has_own_key(r)"))
        .containsExactly(first);
    assertThatCode(() -> run("NULL", "NULL")).doesNotThrowAnyException();
  }

  /** A run that is nested in another one must not be left behind, where no pruning finds it. */
  @Test
  void runIsNotDeletedBeforeThoseNestedInIt() throws SQLException {
    String nested = run("NULL", "'" + saga + "'");
    assertRefused(
        "runs_parent_id_fkey", "DELETE FROM sagas.runs WHERE saga_id = '%s'".formatted(saga));
    database.execute(
        "DELETE FROM sagas.runs WHERE saga_id IN ('%s', '%s')".formatted(saga, nested));
  }

  /** An insert into the log must not lock what a claim locks, nor the run. */
  @Test
  void rowOfTheLogLocksNoOther() throws SQLException {
    try (Connection owner = database.connect();
        Statement statement = owner.createStatement()) {
      owner.setAutoCommit(false);
      int inserted =
          statement.executeUpdate(
              "INSERT INTO sagas.log (saga_id, position, run_number, event)"
                  + " SELECT saga_id, 1, 1, 'done' FROM sagas.open WHERE saga_id = '%s'"
                      .formatted(saga));
      assertThat(inserted).isEqualTo(1);
      for (String table : List.of("runs", "open")) {
        assertThat(
                database.query(
                    "SELECT 1 FROM sagas.%s WHERE saga_id = '%s' FOR UPDATE SKIP LOCKED"
                        .formatted(table, saga)))
            .as(table)
            .hasSize(1);
      }
      owner.rollback();
    }
  }

  @Test
  void logIsReadByItsKey() throws SQLException {
    assertThat(plan("SELECT FROM sagas.log WHERE saga_id = '%s' ORDER BY position".formatted(saga)))
        .anyMatch(line -> line.contains("log_pkey"));
  }
}
