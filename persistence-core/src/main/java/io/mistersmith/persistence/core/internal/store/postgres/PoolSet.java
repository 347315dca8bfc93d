package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Stream;

/**
 * The connections of one runtime to PostgreSQL: a pool for each role, so that none can starve
 * another one. Thread-safe.
 */
final class PoolSet implements Pools, AutoCloseable {

  /** The roles that write. They connect to the primary only. */
  private static final List<PostgresRole> WRITING =
      List.of(PostgresRole.PRIMARY, PostgresRole.BACKGROUND, PostgresRole.FLUSH);

  private final List<Pool> pools = new CopyOnWriteArrayList<>();
  private final ScheduledThreadPoolExecutor keeper;
  private final PrimaryMonitor primaries;
  private volatile boolean closed;

  private PoolSet(Services services) {
    this.primaries = new PrimaryMonitor(services);
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
  static PoolSet open(PostgresConfig config, String runtimeName, Services services) {
    PoolSet set = new PoolSet(services);
    try {
      Map<PostgresRole, PrimarySource> sources = new EnumMap<>(PostgresRole.class);
      for (PostgresRole role : WRITING) {
        sources.put(role, PrimarySource.of(set.primaries, role, config.role(role), runtimeName));
      }
      set.primaries.start();
      for (PostgresRole role : WRITING) {
        set.open(role, "", config.role(role), runtimeName, Optional.ofNullable(sources.get(role)));
      }
      if (config.isConfigured(PostgresRole.ANALYTICS)) {
        RoleConfig analytics = config.role(PostgresRole.ANALYTICS);
        set.open(PostgresRole.ANALYTICS, "", analytics, runtimeName, Optional.empty());
      }
      for (int i = 0; i < config.replicas(); i++) {
        RoleConfig replica = config.replica(i);
        set.open(PostgresRole.REPLICA, "-" + i, replica, runtimeName, Optional.empty());
      }
      set.primaries.onDemotion(set::leaveDemoted);
      set.primaries.opened();
      return set;
    } catch (RuntimeException | Error e) {
      set.close();
      throw e;
    }
  }

  /** A server is needed by a role that connects to the primary. */
  private void open(
      PostgresRole role,
      String number,
      RoleConfig config,
      String runtimeName,
      Optional<PrimarySource> primary) {
    pools.add(Pool.open(role, number, config, runtimeName, primary, keeper));
  }

  /** Returns the pool of a role, that of PRIMARY where the role has none; the first replica's. */
  Pool of(PostgresRole role) {
    return pools.stream().filter(pool -> pool.role() == role).findFirst().orElse(pools.get(0));
  }

  /** Returns all pools. */
  List<Pool> all() {
    return List.copyOf(pools);
  }

  /** Returns what is known of the primary. */
  PrimaryMonitor primaries() {
    return primaries;
  }

  /** Cuts the connections to a server that was demoted, those in use too. */
  private void leaveDemoted() {
    pools.forEach(Pool::leaveDemoted);
  }

  /**
   * Replaces the connections to a server, each as soon as it is not in use. When one was lost, the
   * server has probably stopped, and the others are lost, too; or another one is the primary now.
   */
  void renew(String server) {
    primaries.wake();
    pools.stream().filter(pool -> pool.server().equals(server)).forEach(Pool::renew);
  }

  @Override
  public List<Stats> stats() {
    return pools.stream().map(Pool::stats).toList();
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

  private List<Pool> require(PostgresRole role) {
    List<Pool> found = pools.stream().filter(pool -> pool.role() == role).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no pool of " + role + "; there are " + pools.stream().map(Pool::name).toList());
    }
    return found;
  }

  /** Returns a sentence for each server that the runtime works without. */
  List<String> notices() {
    return Stream.concat(
            primaries.notices().stream(),
            pools.stream()
                .filter(pool -> pool.config().minConnections() > 0 && !pool.isConnected())
                .map(
                    pool ->
                        "PostgreSQL " + pool.server() + " (" + pool.name() + ") is not connected"))
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
    pools.forEach(Pool::close);
    keeper.shutdownNow();
  }
}
