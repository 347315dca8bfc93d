package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.core.internal.store.postgres.PoolerProbe.Way;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/** The poolers between a runtime's pools and their servers, declared or found. Thread-safe. */
final class Poolers {

  private final List<String> undeclared = new ArrayList<>();

  /**
   * Looks for a pooler that is not declared, before anything is set on a connection.
   *
   * @throws NonTransientPersistenceException {@code MISCONFIGURED} where one pools transactions
   */
  static Poolers find(PostgresConfig config, List<PostgresRole> roles, ApplicationSources sources) {
    Poolers poolers = new Poolers();
    Set<String> looked = new HashSet<>();
    for (PostgresRole role : roles) {
      RoleConfig way = config.role(role);
      String server = PoolNames.server(way);
      if (sources.find(role).isEmpty()
          && way.pooler() == Pooler.NONE
          && looked.add(server)
          && requireUnshared(role, way) == Way.POOLED) {
        poolers.undeclared.add(undeclared(server));
      }
    }
    return poolers;
  }

  private static Way requireUnshared(PostgresRole role, RoleConfig config) {
    Way way = PoolerProbe.look(config);
    if (way == Way.SHARED) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "open the pool %s of %s: a pooler in transaction mode, such as PgBouncer, answers at %s; %s"
              .formatted(
                  PoolNames.name(role), config, PoolNames.server(config), PoolerFailures.DECLARE));
    }
    return way;
  }

  /**
   * Fails where the migrations would go through a pooler: their lock and their settings belong to a
   * session.
   */
  static void requireDirectMigration(PostgresConfig config, Optional<DataSource> source) {
    RoleConfig migration = config.role(PostgresRole.MIGRATION);
    boolean pooled = false;
    boolean same = false;
    for (PostgresRole role : PostgresRole.values()) {
      RoleConfig other = config.role(role);
      if (role != PostgresRole.MIGRATION && other.pooler() == Pooler.TRANSACTION) {
        pooled = true;
        same |= PoolNames.server(other).equals(PoolNames.server(migration));
      }
    }
    boolean known = same && source.isEmpty();
    Way way =
        known
            ? Way.SHARED
            : source.map(PoolerProbe::look).orElseGet(() -> PoolerProbe.look(migration));
    boolean trusted = !pooled || migration.pooler() == Pooler.SESSION;
    if (way == Way.SHARED || (way == Way.POOLED && !trusted)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "the schema of %s was not migrated: a pooler answers at %s, and migrations hold a lock of"
                  .formatted(migration, PoolNames.server(migration))
              + " their session; give PostgresRole.MIGRATION a URL that leads to the server itself");
    }
  }

  private static String undeclared(String server) {
    return "PostgreSQL "
        + server
        + " is reached through a pooler that is not declared. In transaction mode, settings of this"
        + " runtime's sessions reach its other clients: declare it with"
        + " PostgresConfig.Builder.pooler(TRANSACTION), or with pooler(SESSION) if it keeps a"
        + " connection for one client";
  }

  private static String declared(String server, List<String> pools) {
    return "PostgreSQL %s (%s) is reached through a pooler in transaction mode: the server keeps no"
            .formatted(server, String.join(", ", pools))
        + " prepared statements (statementCache is off), time limits and settings are sent with each"
        + " transaction, maxConnections limits connections to the pooler, and a demoted server that"
        + " still accepts writes is not told from the primary";
  }

  /** Returns a sentence for each server behind a pooler. */
  List<String> notices(List<ConnectionPool> pools) {
    Map<String, List<String>> declared = new LinkedHashMap<>();
    for (ConnectionPool pool : pools) {
      if (pool.config().pooler() == Pooler.TRANSACTION) {
        declared.computeIfAbsent(pool.server(), unused -> new ArrayList<>()).add(pool.name());
      }
    }
    List<String> notices = new ArrayList<>(undeclared);
    declared.forEach((server, names) -> notices.add(declared(server, names)));
    return notices;
  }
}
