package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The connections of each role. Roles with the same server learn together that it does not answer.
 * Thread-safe.
 */
final class StoreConnections implements AutoCloseable {

  private final Map<String, Availability> servers = new HashMap<>();
  private final Map<PostgresRole, Database> databases = new EnumMap<>(PostgresRole.class);
  private final Database callers;
  private final OwnCommits commits = new OwnCommits();
  private final ReplicaWatch watch;
  private final Replicas replicas;

  StoreConnections(PoolSet pools, Duration maxReplicaLag, Clock clock, Services services) {
    Map<Replica, Database> routes = new LinkedHashMap<>();
    for (ConnectionPool pool : pools.all()) {
      Availability availability =
          servers.computeIfAbsent(pool.server(), server -> new Availability(pool, clock, services));
      Runnable changed = pool.role() == PostgresRole.PRIMARY ? commits::committed : () -> {};
      Database database = new Database(pools, pool, availability, changed);
      pools.replica(pool).ifPresent(replica -> routes.put(replica, database));
      databases.putIfAbsent(pool.role(), database);
    }
    this.callers = to(PostgresRole.PRIMARY);
    this.watch =
        new ReplicaWatch(
            pools.of(PostgresRole.PRIMARY),
            List.copyOf(routes.keySet()),
            commits,
            maxReplicaLag,
            System::nanoTime,
            services);
    this.replicas = new Replicas(callers, routes, commits, watch::wake);
    pools.primaries().onPrimary(() -> servers.values().forEach(Availability::askNow));
  }

  /** Begins to probe the replicas; none is read from before. */
  void watchReplicas() {
    watch.start();
  }

  /** Returns where reads that may be old run. */
  Replicas replicas() {
    return replicas;
  }

  /** Returns where the statements of a role run; with those of PRIMARY where it has no pool. */
  Database to(PostgresRole role) {
    Database database = databases.get(role);
    return database == null ? callers : database;
  }

  /** Calls {@code action} when a server answers again that had not. */
  void onAnswer(Runnable action) {
    servers.values().forEach(server -> server.onAnswer(action));
  }

  /** Stops asking the servers whether they answer. */
  @Override
  public void close() {
    watch.close();
    servers.values().forEach(Availability::close);
  }
}
