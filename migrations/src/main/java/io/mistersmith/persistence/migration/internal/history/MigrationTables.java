package io.mistersmith.persistence.migration.internal.history;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The runner's own tables. They are not made by scripts, since they must be there before the first
 * one runs.
 */
public final class MigrationTables {
  private static final String SCHEMA_EXISTS = "SELECT to_regnamespace('migrations') IS NOT NULL";

  private static final String CREATE_SCHEMA = "CREATE SCHEMA migrations";

  private static final String APPLIED_MIGRATIONS =
      """
      CREATE TABLE migrations.applied_migrations (
        migration_id UUID NOT NULL DEFAULT gen_random_uuid(),
        script_set VARCHAR(63) NOT NULL DEFAULT 'core',
        version VARCHAR(64) NOT NULL,
        name VARCHAR(255) NOT NULL,
        description TEXT,
        migration_type VARCHAR(50) NOT NULL DEFAULT 'schema',
        sql_hash VARCHAR(64) NOT NULL,
        depends_on_version TEXT,
        rollback_sql TEXT,
        is_rollbackable BOOLEAN NOT NULL DEFAULT FALSE,
        status VARCHAR(20) NOT NULL,
        statements_done INTEGER NOT NULL DEFAULT 0,
        started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
        applied_at TIMESTAMPTZ,
        rolled_back_at TIMESTAMPTZ,
        applied_by VARCHAR(100) NOT NULL DEFAULT CURRENT_USER,
        execution_time_ms BIGINT,
        error_message TEXT,
        database_version VARCHAR(50),
        application_version VARCHAR(50),
        environment VARCHAR(50),
        CONSTRAINT applied_migrations_pkey PRIMARY KEY (migration_id),
        CONSTRAINT applied_migrations_version_key UNIQUE (script_set, version),
        CONSTRAINT valid_script_set CHECK (script_set ~ '^[a-z][a-z0-9_]{0,62}$'),
        CONSTRAINT valid_version CHECK (version ~ '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-(0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)(\\.(0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*))*)?$'),
        CONSTRAINT valid_migration_type
          CHECK (migration_type IN ('schema', 'data', 'index', 'partition', 'function')),
        CONSTRAINT valid_status
          CHECK (status IN ('running', 'failed', 'applied', 'rolling_back', 'rolled_back')),
        CONSTRAINT valid_statements_done CHECK (statements_done >= 0),
        CONSTRAINT valid_applied_at CHECK (status <> 'applied' OR applied_at IS NOT NULL),
        CONSTRAINT valid_execution_time CHECK (execution_time_ms >= 0)
      )
      """;

  private static final String LOCKS =
      """
      CREATE TABLE migrations.locks (
        lock_id UUID NOT NULL DEFAULT gen_random_uuid(),
        lock_name VARCHAR(100) NOT NULL,
        locked_by VARCHAR(100) NOT NULL,
        locked_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
        expires_at TIMESTAMPTZ NOT NULL,
        CONSTRAINT locks_pkey PRIMARY KEY (lock_id),
        CONSTRAINT locks_lock_name_key UNIQUE (lock_name),
        CONSTRAINT future_expiry CHECK (expires_at > locked_at)
      );
      COMMENT ON TABLE migrations.locks IS
        'The process that migrates, for people to read. An advisory lock keeps migrators apart: a row that has expired was left by a process that died, and blocks nobody.'
      """;

  private static final String VALIDATION_RESULTS =
      """
      CREATE TABLE migrations.validation_results (
        validation_id UUID NOT NULL DEFAULT gen_random_uuid(),
        script_set VARCHAR(63) NOT NULL DEFAULT 'core',
        migration_version VARCHAR(64) NOT NULL,
        test_name VARCHAR(255) NOT NULL,
        test_type VARCHAR(50) NOT NULL,
        status VARCHAR(20) NOT NULL,
        error_message TEXT,
        execution_time_ms BIGINT,
        created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT validation_results_pkey PRIMARY KEY (validation_id),
        CONSTRAINT valid_test_type CHECK (
          test_type IN ('unit', 'integration', 'performance', 'rollback', 'pre', 'post')),
        CONSTRAINT valid_status CHECK (status IN ('passed', 'failed', 'skipped', 'error'))
      );
      CREATE INDEX validation_results_version
        ON migrations.validation_results (script_set, migration_version, created_at DESC)
      """;

  private static final Map<String, String> TABLES = new LinkedHashMap<>();

  static {
    TABLES.put("migrations.applied_migrations", APPLIED_MIGRATIONS);
    TABLES.put("migrations.locks", LOCKS);
    TABLES.put("migrations.validation_results", VALIDATION_RESULTS);
  }

  private MigrationTables() {}

  /** Makes the tables and their schema where they are missing; only under the lock. */
  public static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!isTrue(statement, SCHEMA_EXISTS)) {
        statement.execute(CREATE_SCHEMA);
      }
      for (Map.Entry<String, String> table : TABLES.entrySet()) {
        if (!isTrue(statement, tableExists(table.getKey()))) {
          statement.execute(table.getValue());
        }
      }
    }
  }

  /** Whether the history is there. */
  public static boolean exist(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return isTrue(statement, tableExists("migrations.applied_migrations"));
    }
  }

  private static String tableExists(String table) {
    return "SELECT to_regclass('" + table + "') IS NOT NULL";
  }

  private static boolean isTrue(Statement statement, String query) throws SQLException {
    try (ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
