package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** One server a version, and one migrated database that all tests of the class share. */
abstract class OnMigratedDatabase {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  static TestDatabase database;

  @SuppressWarnings("NullAway.Init")
  private static PostgresServer server;

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = TestDatabase.migrated(server, "recovery");
  }

  static String single(String sql) throws SQLException {
    List<String> rows = database.query(sql);
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  /** The plan of a query that is not to read the whole table. */
  static List<String> plan(String query) throws SQLException {
    return database.query("EXPLAIN " + query, "SET enable_seqscan = off");
  }

  /** Registers an agent of the name and returns its id. */
  static String agent(String name) throws SQLException {
    return single(
        "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', '%s') RETURNING agent_id"
            .formatted(name));
  }

  static void assertRefused(String constraint, String sql) {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute(sql))
        .satisfies(e -> assertThat(constraintOf(e)).as(e.getMessage()).isEqualTo(constraint));
  }

  static String constraintOf(PSQLException e) {
    ServerErrorMessage message = e.getServerErrorMessage();
    return message == null ? "" : String.valueOf(message.getConstraint());
  }
}
