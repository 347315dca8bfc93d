package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The purge of the audit log by months, and who may call it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class AuditPurgeIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  AuditPurgeIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(majorVersion), "audit", "roles");
  }

  @Test
  void wholeMonthsAreDroppedByARoleThatDoesNotOwnTheLog() throws SQLException {
    database.execute(
        """
        CREATE TABLE audit.whole PARTITION OF audit.change_log
          FOR VALUES FROM ('2019-01-01Z') TO ('2019-02-01Z');
        DO $$ BEGIN EXECUTE format(
          'CREATE TABLE audit.partly PARTITION OF audit.change_log FOR VALUES FROM (%L) TO (%L)',
          date_trunc('day', now(), 'UTC') - INTERVAL '92 days',
          date_trunc('day', now(), 'UTC') - INTERVAL '88 days'); END $$;
        INSERT INTO audit.change_log (table_schema, table_name, operation, changed_at)
        VALUES ('s', 'purge', 'DELETE', '2018-01-01Z'),
               ('s', 'purge', 'DELETE', '2019-01-15Z'),
               ('s', 'purge', 'DELETE', now() - INTERVAL '91 days'),
               ('s', 'purge', 'DELETE', now() - INTERVAL '89 days')
        """);
    try (RoleSession background = database.connectAs("app_background", "")) {
      assertThat(background.query("SELECT audit.purge_months(90)")).containsExactly("2");
      assertThat(background.query("SELECT audit.purge_months(90)")).containsExactly("0");
    }
    assertThat(database.query("SELECT to_regclass('audit.whole') IS NULL")).containsExactly("t");
    assertThat(
            database.query(
                "SELECT tableoid::regclass FROM audit.change_log WHERE table_name = 'purge'"))
        .containsExactly("audit.partly", "audit.partly");
  }

  @Test
  void lastMonthIsPurgedByTheOwnerAlone() throws SQLException {
    for (String role : new String[] {"app_background", "app_primary"}) {
      try (RoleSession session = database.connectAs(role, "")) {
        session.assertFails("42501", "SELECT audit.purge_months(29)");
        session.assertFails("42501", "SELECT audit.purge_old_records(90)");
        session.assertFails("42501", "DELETE FROM audit.change_log");
      }
    }
    try (RoleSession callers = database.connectAs("app_primary", "")) {
      callers.assertFails("42501", "SELECT audit.purge_months(90)");
    }
    assertThat(database.query("SELECT audit.purge_months(29) >= 0")).containsExactly("t");
  }
}
