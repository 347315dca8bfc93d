package io.mistersmith.persistence.core;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.store.postgres.ApplicationSources;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A pool for each database, as an application hands it over, which the runtimes of all tests use
 * one after the other. A new session costs the server 20 ms of processor time, and as much again
 * until it knows the tables: more than most tests do with it. With the full counts each runtime has
 * pools of its own.
 */
public final class KeptPools {

  /** The application name of these sessions. */
  static final String SESSION_NAME = "kept by the tests";

  private static final boolean OWN = Boolean.getBoolean("persistence.test.full");

  private static final int SIZE = 16;
  private static final List<PostgresRole> ROLES =
      List.of(PostgresRole.PRIMARY, PostgresRole.BACKGROUND, PostgresRole.FLUSH);
  private static final Map<String, HikariDataSource> POOLS = new ConcurrentHashMap<>();

  private KeptPools() {}

  /** Opens a runtime on the pool of a database. */
  public static Persistence open(PersistenceConfig config, PostgresServer server, String jdbcUrl) {
    return CorePersistenceProvider.open(config, sources(server, jdbcUrl));
  }

  /** Returns the stores of production on the pool of a database. */
  public static StoreProvider provider(PostgresServer server, String jdbcUrl) {
    return RealStores.provider(sources(server, jdbcUrl));
  }

  /** Ends the pool of a database that no other test will use. */
  public static void close(String jdbcUrl) {
    HikariDataSource pool = POOLS.remove(jdbcUrl);
    if (pool != null) {
      pool.close();
    }
  }

  /** Returns the pool of a database for the roles that a runtime always needs. */
  public static ApplicationSources sources(PostgresServer server, String jdbcUrl) {
    if (OWN) {
      return ApplicationSources.NONE;
    }
    HikariDataSource pool = POOLS.computeIfAbsent(jdbcUrl, url -> connect(server, url));
    ApplicationSources sources = ApplicationSources.NONE;
    for (PostgresRole role : ROLES) {
      sources = sources.with(role, pool);
    }
    return sources;
  }

  private static HikariDataSource connect(PostgresServer server, String jdbcUrl) {
    HikariConfig pool = new HikariConfig();
    pool.setJdbcUrl(jdbcUrl);
    pool.setUsername(server.user());
    server.password().ifPresent(pool::setPassword);
    pool.addDataSourceProperty("ApplicationName", SESSION_NAME);
    pool.setMinimumIdle(0);
    pool.setMaximumPoolSize(SIZE);
    return new HikariDataSource(pool);
  }
}
