package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * How tables compress their large values. A method holds for values that are written from then on;
 * those that are there keep theirs. Needs the set {@code monitoring} of the migrations.
 * Thread-safe.
 */
public final class StorageCompression {
  private static final String LIST =
      """
      SELECT table_name, compression, row_bytes, toast_bytes, index_bytes
        FROM monitoring.storage_by_table()
      """;

  private static final String SET = "SELECT monitoring.set_compression(?::regclass, ?)";

  /** Others that use the table wait behind the one that waits for its lock. */
  private static final String LOCK_TIMEOUT = "SET lock_timeout = '3s'";

  private static final String RESET = "RESET lock_timeout";

  private final DataSource dataSource;

  public StorageCompression(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Returns the library's tables that hold large values, by name.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public List<TableStorage> tables() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(LIST);
        ResultSet row = statement.executeQuery()) {
      List<TableStorage> tables = new ArrayList<>();
      while (row.next()) {
        tables.add(
            new TableStorage(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5)));
      }
      return tables;
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The storage of the tables could not be looked at", e);
    }
  }

  /**
   * Sets the method of a table and of its partitions, present and to come. Locks them for a moment.
   *
   * @param table its qualified name, as in SQL
   * @param method {@code lz4}, {@code pglz} or {@code default}
   * @return the method that was set: {@code pglz} in place of {@code lz4} where the server was
   *     built without that
   * @throws MigrationException {@code LOCKED} when the table is in use for longer than three
   *     seconds; another one when there is no such table or method
   */
  public String set(String table, String method) {
    try (Connection connection = dataSource.getConnection();
        Statement setting = connection.createStatement()) {
      connection.setAutoCommit(true);
      setting.execute(LOCK_TIMEOUT);
      try (PreparedStatement statement = connection.prepareStatement(SET)) {
        statement.setString(1, table);
        statement.setString(2, method);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          return row.getString(1);
        }
      } finally {
        setting.execute(RESET);
      }
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The compression of " + table + " could not be set", e);
    }
  }

  /**
   * What a table takes, with its partitions.
   *
   * @param table its qualified name
   * @param compression the method of new values; several where its columns differ, {@code none}
   *     where they are not compressed
   * @param rowBytes the size of its rows
   * @param toastBytes the size of the values that are too large for their rows
   * @param indexBytes the size of its indexes
   */
  public record TableStorage(
      String table, String compression, long rowBytes, long toastBytes, long indexBytes) {}
}
