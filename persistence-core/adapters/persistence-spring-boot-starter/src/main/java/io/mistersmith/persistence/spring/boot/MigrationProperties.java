package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.PostgresConfig;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The scripts that create this library's tables.
 *
 * @param onOpen Whether opening applies the scripts that are missing, after Flyway, Liquibase and
 *     Spring's own scripts have run.
 * @param sets Sets of scripts that are applied with the core set, such as audit and events.
 */
@ConfigurationProperties("persistence.migrations")
record MigrationProperties(@DefaultValue("true") boolean onOpen, @DefaultValue List<String> sets) {

  void applyTo(PostgresConfig.Builder postgres) {
    if (onOpen) {
      postgres.migrateOnOpen(sets.toArray(String[]::new));
    }
  }
}
