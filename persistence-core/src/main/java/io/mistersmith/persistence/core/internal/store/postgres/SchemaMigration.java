package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies the bundled migrations that a database lacks, on connections of its own. */
public final class SchemaMigration {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaMigration.class);

  private static final Duration LONGEST_STATEMENT = Duration.ofMinutes(30);

  /** The server ends a statement; this is for one that is gone, or stands still. */
  private static final Duration LONGEST_SILENCE = LONGEST_STATEMENT.plusSeconds(5);

  private SchemaMigration() {}

  /**
   * Brings the database to the bundled version; safe from any number of processes at the same time.
   */
  public static void apply(PostgresConfig config) {
    apply(config, ApplicationSources.NONE);
  }

  /** {@link #apply(PostgresConfig)}, by the application's data source of MIGRATION if there is. */
  public static void apply(PostgresConfig config, ApplicationSources sources) {
    Optional<DataSource> handedOver = sources.find(MIGRATION);
    Poolers.requireDirectMigration(config, handedOver);
    RoleConfig role = config.role(MIGRATION);
    DataSource source = handedOver.orElseGet(() -> source(role));
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
      String message = "the schema of " + role + " was not migrated: " + e.getMessage();
      if (e.kind().retryable()) {
        throw new TransientPersistenceException(DataError.CONNECTION_FAILED, message, e);
      }
      throw new NonTransientPersistenceException(DataError.MISCONFIGURED, message, e);
    }
  }

  private static DataSource source(RoleConfig role) {
    DriverAccess.require(role);
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(role.jdbcUrl());
    if (HostAddress.of(role.jdbcUrl()).size() > 1) {
      source.setTargetServerType("primary");
    }
    source.setUser(role.user());
    DriverAccess.password(role).ifPresent(source::setPassword);
    int connecting = (int) Math.max(1, role.connectTimeout().toSeconds());
    source.setConnectTimeout(connecting);
    source.setLoginTimeout(connecting);
    source.setSocketTimeout((int) LONGEST_SILENCE.toSeconds());
    source.setTcpKeepAlive(true);
    source.setLogServerErrorDetail(false);
    source.setApplicationName(role.applicationName().orElse("persistence-migration"));
    try {
      for (Map.Entry<String, String> parameter : DriverAccess.tls(role).entrySet()) {
        source.setProperty(parameter.getKey(), parameter.getValue());
      }
    } catch (SQLException e) {
      throw PostgresFailures.of("set up the connection of " + role, e);
    }
    return source;
  }
}
