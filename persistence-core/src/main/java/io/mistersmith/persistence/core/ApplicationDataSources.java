package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.store.postgres.ApplicationSources;
import io.mistersmith.persistence.model.PostgresRole;
import javax.sql.DataSource;

/**
 * Opens a runtime on data sources that the application has already, such as a pool that Spring
 * configured, for the roles that it names. For all other roles the library connects by itself.
 * Immutable.
 *
 * <p>A data source has to give connections of PostgreSQL's own driver, on which no transaction is
 * under way. The library gives each back as it found it. It sends the time limits and settings of
 * the role's configuration with each transaction, in the same round trip as the first statement, so
 * that nothing of them stays in the session. URL, user, password, sizes, times of the pool, leak
 * detection and application name of the role's configuration are not used: {@code
 * operations().notices()} says so. The data source is never closed.
 */
public final class ApplicationDataSources {

  private final ApplicationSources sources;

  private ApplicationDataSources(ApplicationSources sources) {
    this.sources = sources;
  }

  /**
   * Returns a data source for one role.
   *
   * @throws IllegalArgumentException for {@code REPLICA}, which has any number of servers
   */
  public static ApplicationDataSources of(PostgresRole role, DataSource source) {
    return new ApplicationDataSources(ApplicationSources.NONE.with(role, source));
  }

  /**
   * Returns a copy with a data source for another role. It may be the same one: give it enough
   * connections for both, since the flush then waits for those that callers hold.
   *
   * @throws IllegalArgumentException for {@code REPLICA}, which has any number of servers
   */
  public ApplicationDataSources and(PostgresRole role, DataSource source) {
    return new ApplicationDataSources(sources.with(role, source));
  }

  /**
   * Opens a runtime, as {@link Persistence#open(PersistenceConfig)} does.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException as there; {@code MISCONFIGURED}
   *     also when a data source gives connections that are read-only, in a transaction, or of
   *     another driver
   */
  public Persistence open(PersistenceConfig config) {
    return CorePersistenceProvider.open(config, sources);
  }
}
