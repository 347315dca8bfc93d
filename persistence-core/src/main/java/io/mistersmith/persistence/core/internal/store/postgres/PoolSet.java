package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The connections of one runtime to PostgreSQL: a pool for each role, so that none can starve
 * another one. Thread-safe.
 */
final class PoolSet implements Pools, AutoCloseable {

  /** The roles that write. They connect to the primary only. */
  private static final List<PostgresRole> WRITING =
      List.of(PostgresRole.PRIMARY, PostgresRole.BACKGROUND, PostgresRole.FLUSH);

  private final List<ConnectionPool> pools = new CopyOnWriteArrayList<>();
  private final List<Replica> replicas = new ArrayList<>();
  private final Poolers poolers;
  private final PrimaryMonitor primaries;
  private final ScheduledThreadPoolExecutor keeper;
  private volatile boolean closed;

  private PoolSet(Poolers poolers, Services services) {
    this.poolers = poolers;
    this.primaries = new PrimaryMonitor(services, System::nanoTime);
    // One for all pools: each would have a thread of its own.
    this.keeper = new ScheduledThreadPoolExecutor(1, PoolSet::thread);
    keeper.setRemoveOnCancelPolicy(true);
    keeper.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "persistence-pool-keeper");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Opens the pools. Those of PRIMARY, BACKGROUND and FLUSH have one connection each at least, for
   * a moment; for the others a server that is away is no failure.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a server that is needed
   *     cannot be reached, or refuses a user or a setting
   */
  static PoolSet open(
      PostgresConfig config, ApplicationSources sources, String runtimeName, Services services) {
    PoolSet set = new PoolSet(Poolers.find(config, WRITING, sources), services);
    try {
      Map<PostgresRole, PrimarySource> identified = new EnumMap<>(PostgresRole.class);
      for (PostgresRole role : WRITING) {
        if (isIdentified(config, sources, role)) {
          identified.put(
              role, PrimarySource.of(set.primaries, role, config.role(role), runtimeName));
        }
      }
      set.primaries.start();
      for (PostgresRole role : WRITING) {
        Optional<PrimarySource> primary = Optional.ofNullable(identified.get(role));
        set.pools.add(set.open(config.role(role), sources, runtimeName, role, true, primary));
      }
      PostgresRole reports = PostgresRole.ANALYTICS;
      if (config.isConfigured(reports) || sources.find(reports).isPresent()) {
        set.pools.add(
            set.open(config.role(reports), sources, runtimeName, reports, false, Optional.empty()));
      }
      for (int i = 0; i < config.replicas(); i++) {
        Pool replica =
            Pool.open(
                PostgresRole.REPLICA,
                "-" + i,
                config.replica(i),
                runtimeName,
                false,
                Optional.empty(),
                set.keeper);
        set.pools.add(replica);
        set.replicas.add(new Replica(replica, config.maxReplicaLag(), System::nanoTime));
      }
      set.primaries.onDemotion(set::leaveDemoted);
      set.primaries.opened();
      return set;
    } catch (RuntimeException | Error e) {
      set.close();
      throw e;
    }
  }

  /** A pooler, or the application, may give a connection of another server each time. */
  private static boolean isIdentified(
      PostgresConfig config, ApplicationSources sources, PostgresRole role) {
    return sources.find(role).isEmpty() && config.role(role).pooler() != Pooler.TRANSACTION;
  }

  private ConnectionPool open(
      RoleConfig config,
      ApplicationSources sources,
      String runtimeName,
      PostgresRole role,
      boolean needed,
      Optional<PrimarySource> primary) {
    return sources
        .find(role)
        .<ConnectionPool>map(source -> ApplicationPool.open(role, config, source, needed))
        .orElseGet(() -> Pool.open(role, "", config, runtimeName, needed, primary, keeper));
  }

  /** Returns the pool of a role, that of PRIMARY where the role has none; the first replica's. */
  ConnectionPool of(PostgresRole role) {
    return pools.stream().filter(pool -> pool.role() == role).findFirst().orElse(pools.get(0));
  }

  /** Returns all pools. */
  List<ConnectionPool> all() {
    return List.copyOf(pools);
  }

  /** Returns what is known of the primary. */
  PrimaryMonitor primaries() {
    return primaries;
  }

  /** Cuts the connections to a server that was demoted, those in use too. */
  private void leaveDemoted() {
    pools.forEach(ConnectionPool::leaveDemoted);
  }

  /** Returns what is known of the replica that a pool leads to; empty for any other pool. */
  Optional<Replica> replica(ConnectionPool pool) {
    return replicas.stream().filter(replica -> replica.pool() == pool).findFirst();
  }

  /**
   * Replaces the connections to a server, each as soon as it is not in use. When one was lost, the
   * server has probably stopped, and the others are lost, too; or another one is the primary now.
   */
  void renew(String server) {
    primaries.wake();
    pools.stream().filter(pool -> pool.server().equals(server)).forEach(ConnectionPool::renew);
  }

  @Override
  public List<Stats> stats() {
    return pools.stream().flatMap(pool -> pool.stats().stream()).toList();
  }

  @Override
  public List<ReplicaStats> replicas() {
    return replicas.stream().map(Replica::stats).toList();
  }

  @Override
  public void resize(PostgresRole role, int size) {
    require(role).forEach(pool -> pool.resize(size));
  }

  @Override
  public PoolSizing.Advice advice(PostgresRole role, int agents) {
    PoolMeter.Load busiest =
        require(role).stream()
            .map(pool -> pool.meter().load())
            .max(Comparator.comparingDouble(PoolMeter.Load::connections))
            .orElseGet(() -> new PoolMeter.Load(0, Duration.ZERO, Duration.ZERO));
    return PoolSizing.of(agents, busiest.callsPerSecond(), busiest.averageUse()).advise();
  }

  private List<ConnectionPool> require(PostgresRole role) {
    List<ConnectionPool> found = pools.stream().filter(pool -> pool.role() == role).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no pool of "
              + role
              + "; there are "
              + pools.stream().map(ConnectionPool::name).toList());
    }
    return found;
  }

  /** Returns a sentence for each server that is not connected, or is behind a pooler. */
  List<String> notices() {
    return Stream.of(
            primaries.notices().stream(),
            poolers.notices(pools).stream(),
            pools.stream()
                .filter(pool -> pool.role() != PostgresRole.REPLICA)
                .flatMap(pool -> pool.notice().stream()),
            replicas.stream().flatMap(replica -> replica.notice().stream()))
        .flatMap(Function.identity())
        .toList();
  }

  /** Whether {@link #close} was called. */
  boolean isClosed() {
    return closed;
  }

  /** Closes all connections, those in use too. */
  @Override
  public void close() {
    closed = true;
    primaries.close();
    pools.forEach(ConnectionPool::close);
    keeper.shutdownNow();
  }
}
