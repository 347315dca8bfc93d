package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Clock;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * The connections of each role. Roles with the same server learn together that it does not answer.
 * Thread-safe.
 */
final class StoreConnections implements AutoCloseable {

  private final Map<String, Availability> servers = new HashMap<>();
  private final Map<PostgresRole, Database> databases = new EnumMap<>(PostgresRole.class);
  private final Database callers;

  StoreConnections(PoolSet pools, Clock clock, Services services) {
    for (Pool pool : pools.all()) {
      Availability availability =
          servers.computeIfAbsent(pool.server(), server -> new Availability(pool, clock, services));
      databases.computeIfAbsent(pool.role(), role -> new Database(pools, pool, availability));
    }
    this.callers = to(PostgresRole.PRIMARY);
    pools.primaries().onPrimary(() -> servers.values().forEach(Availability::askNow));
  }

  /** Returns where the statements of a role run; with those of PRIMARY where it has no pool. */
  Database to(PostgresRole role) {
    Database database = databases.get(role);
    return database == null ? callers : database;
  }

  /** Returns those of the roles that have a pool. */
  Map<PostgresRole, Database> byRole() {
    return databases;
  }

  /** Stops asking the servers whether they answer. */
  @Override
  public void close() {
    servers.values().forEach(Availability::close);
  }
}
