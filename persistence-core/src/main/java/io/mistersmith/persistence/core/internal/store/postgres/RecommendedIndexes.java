package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.online.ConcurrentIndex;
import io.mistersmith.persistence.migration.online.IndexRecommendations;
import java.util.UUID;
import javax.sql.DataSource;

/** Builds recommended indexes on connections of the role MIGRATION, which owns the tables. */
final class RecommendedIndexes {

  private static final ConcurrentIndex.Settings SETTINGS = ConcurrentIndex.Settings.defaults();

  private final PostgresConfig config;
  private final ApplicationSources sources;

  RecommendedIndexes(PostgresConfig config, ApplicationSources sources) {
    this.config = config;
    this.sources = sources;
  }

  /** Builds an index concurrently, unless it is built, and returns its name. */
  String build(UUID recommendation) {
    DataSource source = MigrationSource.of(config, sources, SETTINGS.buildTimeout());
    try {
      return new IndexRecommendations(source, new ConcurrentIndex(source, SETTINGS))
          .implement(recommendation);
    } catch (MigrationException e) {
      String what = "implement recommendation " + recommendation;
      if (e.kind() == MigrationException.Kind.WRONG_STATE) {
        throw new NonTransientPersistenceException(
            DataError.NOT_FOUND, what + ": " + e.getMessage(), e);
      }
      throw MigrationSource.failure(what, e);
    }
  }
}
