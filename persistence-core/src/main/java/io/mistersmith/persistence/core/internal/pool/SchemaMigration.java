package io.mistersmith.persistence.core.internal.pool;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.migration.MigrationException;
import io.mistersmith.persistence.migration.MigrationReport;
import io.mistersmith.persistence.migration.MigrationRunner;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies the bundled migrations that a database lacks, on connections of its own. */
public final class SchemaMigration {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaMigration.class);

  private SchemaMigration() {}

  /** Brings the database to the bundled version; safe from any number of processes at once. */
  public static void apply(PostgresConfig config) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(config.jdbcUrl());
    source.setUser(config.user());
    config.password().ifPresent(source::setPassword);
    source.setConnectTimeout((int) Math.max(1, config.acquireTimeout().toSeconds()));
    source.setLogServerErrorDetail(false);
    source.setApplicationName("persistence-migration");
    try {
      MigrationReport report = MigrationRunner.of(source).apply();
      LOG.debug("schema of {}: {} scripts applied", config, report.applied().size());
    } catch (MigrationException e) {
      String message = "the schema of " + config + " was not migrated: " + e.getMessage();
      if (e.kind().retryable()) {
        throw new TransientPersistenceException(DataError.CONNECTION_FAILED, message, e);
      }
      throw new NonTransientPersistenceException(DataError.MISCONFIGURED, message, e);
    }
  }
}
