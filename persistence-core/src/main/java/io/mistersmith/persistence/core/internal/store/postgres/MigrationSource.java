package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Opens the connections that change the schema: the application's, or those of MIGRATION. */
final class MigrationSource {

  private MigrationSource() {}

  /**
   * Returns where the connections come from.
   *
   * @param longestStatement after which the server ends a statement; the driver waits a little
   *     longer, for a server that is gone or stands still
   */
  static DataSource of(
      PostgresConfig config, ApplicationSources sources, Duration longestStatement) {
    Optional<DataSource> handedOver = sources.find(MIGRATION);
    Poolers.requireDirectMigration(config, handedOver);
    return handedOver.orElseGet(
        () -> source(config.role(MIGRATION), longestStatement.plusSeconds(5)));
  }

  /** Returns the typed failure of a change of the schema. */
  static PersistenceException failure(String what, MigrationException e) {
    String message = what + ": " + e.getMessage();
    if (e.kind().retryable()) {
      return new TransientPersistenceException(DataError.CONNECTION_FAILED, message, e);
    }
    return new NonTransientPersistenceException(DataError.MISCONFIGURED, message, e);
  }

  private static DataSource source(RoleConfig role, Duration longestSilence) {
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
    source.setSocketTimeout((int) longestSilence.toSeconds());
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
