package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A login of a role that is no superuser. */
record RoleSession(Connection connection) implements AutoCloseable {

  /** Creates the role unless the server has it from an earlier test. */
  static void createRole(TestDatabase database, String role, String... groups) throws SQLException {
    database.execute(
        """
        DO $$ BEGIN
          CREATE ROLE %s LOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
          RAISE DEBUG 'it is there';
        END $$
        """
            .formatted(role));
    for (String group : groups) {
      database.execute("GRANT %s TO %s".formatted(group, role));
    }
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }

  /** The first column of each row as text. */
  List<String> query(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(String.valueOf(rows.getString(1)));
      }
      return values;
    }
  }

  /** Asserts that a statement fails with this SQLSTATE, undoes it, and returns the message. */
  String assertFails(String sqlState, String sql) throws SQLException {
    connection.setAutoCommit(false);
    try {
      execute(sql);
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(sqlState);
      return String.valueOf(e.getMessage());
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    throw new AssertionError("succeeded, expected " + sqlState + ": " + sql);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
