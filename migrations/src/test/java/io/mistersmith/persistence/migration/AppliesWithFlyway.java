package io.mistersmith.persistence.migration;

import java.sql.SQLException;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;

/**
 * Applies scripts with Flyway's open edition. Each set has a history table of its own, in a schema
 * that no script touches. It passes over the scripts that take a version back, unless it is asked
 * to validate names.
 */
final class AppliesWithFlyway {
  static final String SCHEMA = "flyway_history";

  private final TestDatabase database;

  AppliesWithFlyway(TestDatabase database) {
    this.database = database;
  }

  /**
   * @param set the name of the history table
   * @param location as Flyway writes it, for example {@code classpath:my/scripts}
   */
  void apply(String set, String location) {
    FluentConfiguration configuration =
        Flyway.configure()
            .dataSource(database.dataSource())
            .locations(location)
            .defaultSchema(SCHEMA)
            .table(set)
            // The schema is not empty when a second set begins its history.
            .baselineOnMigrate(true)
            .baselineVersion("0");
    // With the lock in a transaction CREATE INDEX CONCURRENTLY would wait for Flyway itself.
    configuration
        .getPluginRegister()
        .getExact(PostgreSQLConfigurationExtension.class)
        .setTransactionalLock(false);
    configuration.load().migrate();
  }

  /** The file names of what it applied, in that order. */
  List<String> applied(String set) throws SQLException {
    return database.query(
        """
        SELECT script FROM %s."%s" WHERE success AND type = 'SQL' ORDER BY installed_rank
        """
            .formatted(SCHEMA, set));
  }
}
