package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.online.StorageCompression;
import io.mistersmith.persistence.migration.online.StorageCompression.TableStorage;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** How tables compress what is written to them, where the server has lz4 and where it does not. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class CompressionIT {
  private static final String ROW =
      """
      INSERT INTO tasks.queue (task_type, payload)
      SELECT 'work', jsonb_build_object('text', string_agg('note ' || md5((n % 7)::text), ' '))
        FROM generate_series(1, 400) n
      """;

  private final int majorVersion;

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestDatabase database;

  CompressionIT(int majorVersion) {
    this.majorVersion = majorVersion;
  }

  @BeforeEach
  void migrate() throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(majorVersion), "monitoring");
  }

  private StorageCompression storage() {
    return new StorageCompression(database.dataSource());
  }

  private boolean hasLz4() throws SQLException {
    return database.query("SELECT 'lz4' = ANY (monitoring.compression_methods())").contains("t");
  }

  private String compressionOf(String table) {
    return storage().tables().stream()
        .filter(one -> one.table().equals(table))
        .map(TableStorage::compression)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aMethodHoldsForTheTableAndItsPartitionsPresentAndToCome() throws SQLException {
    String expected = hasLz4() ? "lz4" : "pglz";
    assertThat(compressionOf("tasks.archive")).isEqualTo("default");

    assertThat(storage().set("tasks.archive", "lz4")).isEqualTo(expected);

    assertThat(compressionOf("tasks.archive")).isEqualTo(expected);
    database.execute("SELECT partitions.maintain()");
    assertThat(
            database.query(
                """
                SELECT DISTINCT c.compression
                  FROM monitoring.compressed_columns('tasks.archive') c
                """))
        .as("new partitions too")
        .containsExactly(expected);
    assertThat(storage().set("tasks.archive", "default")).isEqualTo("default");
    assertThat(compressionOf("tasks.archive")).isEqualTo("default");
  }

  @Test
  void whatIsThereKeepsItsCompression() throws SQLException {
    String expected = hasLz4() ? "lz4" : "pglz";
    database.execute("SET default_toast_compression = pglz;" + ROW);
    storage().set("tasks.queue", "lz4");
    database.execute(ROW);
    assertThat(
            database.query(
                "SELECT pg_column_compression(payload) FROM tasks.queue ORDER BY created_at"))
        .containsExactly("pglz", expected);
    database.execute("UPDATE tasks.queue SET payload = (payload::text)::jsonb");
    assertThat(database.query("SELECT DISTINCT pg_column_compression(payload) FROM tasks.queue"))
        .as("written again")
        .containsExactly(expected);
  }

  @Test
  void aServerWithoutLz4UsesPglzAndSaysSo() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE OR REPLACE FUNCTION monitoring.compression_methods() RETURNS TEXT[]
          LANGUAGE sql STABLE SET search_path = pg_catalog AS $$ SELECT ARRAY['pglz'] $$
          """);
      statement.execute("SELECT monitoring.set_compression('messages.log')");
      assertThat(statement.getWarnings().getMessage()).contains("messages.log uses pglz");
    }
    assertThat(storage().set("messages.log", "lz4")).isEqualTo("pglz");
    assertThat(compressionOf("messages.log")).isEqualTo("pglz");
  }

  @Test
  void anUnknownMethodOrTableIsRefused() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> storage().set("agents.state", "zstd"))
        .withMessageContaining("use lz4, pglz or default");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> storage().set("agents.nothing", "lz4"))
        .withMessageContaining("agents.nothing");
  }

  @Test
  void sizesAreListedByTable() throws SQLException {
    database.execute(ROW);
    assertThat(storage().tables())
        .filteredOn(one -> one.table().equals("tasks.queue"))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.rowBytes()).isPositive();
              assertThat(one.toastBytes()).isPositive();
              assertThat(one.indexBytes()).isPositive();
            });
    assertThat(storage().tables()).extracting(TableStorage::table).isSorted().hasSize(17);
  }
}
