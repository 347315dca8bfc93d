package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies the bundled migrations that a database lacks, on connections of its own. */
public final class SchemaMigration {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaMigration.class);

  private static final Duration LONGEST_STATEMENT = Duration.ofMinutes(30);

  private SchemaMigration() {}

  /**
   * Brings the database to the bundled version; safe from any number of processes at the same time.
   */
  public static void apply(PostgresConfig config) {
    apply(config, ApplicationSources.NONE);
  }

  /** {@link #apply(PostgresConfig)}, by the application's data source of MIGRATION if there is. */
  public static void apply(PostgresConfig config, ApplicationSources sources) {
    DataSource source = MigrationSource.of(config, sources, LONGEST_STATEMENT);
    RoleConfig role = config.role(MIGRATION);
    try {
      MigrationReport report =
          MigrationRunner.builder()
              .dataSource(source)
              .statementTimeout(LONGEST_STATEMENT)
              .sets(config.migrationSets().toArray(String[]::new))
              .build()
              .apply();
      LOG.debug("schema of {}: {} scripts applied", role, report.applied().size());
    } catch (MigrationException e) {
      throw MigrationSource.failure("the schema of " + role + " was not migrated", e);
    }
  }
}
