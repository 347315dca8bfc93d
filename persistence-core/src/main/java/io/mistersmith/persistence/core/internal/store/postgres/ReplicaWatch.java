package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Probes the primary a few times in the time that a replica may be behind, and then each replica:
 * one that does not answer delays no other, which would soon count as stale.
 *
 * <p>{@link PrimaryMonitor} asks servers who they are, this class how far they are. The first has
 * to know the servers of all roles within a fraction of a second; the second the primary and its
 * replicas at a pace that the permitted lag decides, also where no server says who it is.
 */
final class ReplicaWatch implements AutoCloseable {

  private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

  private final ServerProbe primary;
  private final List<Probed> replicas = new ArrayList<>();
  private final OwnCommits commits;
  private final PrimaryPositions positions;
  private final LongSupplier nanoTime;
  private final PeriodicService service;
  private volatile boolean closed;

  private record Probed(ServerProbe probe, PeriodicService service) {}

  ReplicaWatch(
      ConnectionPool primary,
      List<Replica> replicas,
      OwnCommits commits,
      Duration maxLag,
      LongSupplier nanoTime,
      Services services) {
    this.primary = new ServerProbe(primary);
    this.commits = commits;
    this.positions = new PrimaryPositions(maxLag);
    this.nanoTime = nanoTime;
    replicas.forEach(replica -> this.replicas.add(probed(replica, services)));
    Duration fifth = maxLag.dividedBy(5);
    this.service =
        services.every(
            fifth.compareTo(LONGEST_PERIOD) < 0 ? fifth : LONGEST_PERIOD,
            "persistence-replicas",
            "reads that may be old go to the primary",
            this::look);
  }

  private Probed probed(Replica replica, Services services) {
    ServerProbe probe = new ServerProbe(replica.pool());
    return new Probed(
        probe,
        services.onDemand(
            "persistence-" + replica.pool().name(),
            "reads that may be old go to other servers than " + replica.pool().server(),
            () -> look(replica, probe)));
  }

  void start() {
    if (!replicas.isEmpty()) {
      replicas.forEach(probed -> probed.service().start());
      service.start();
      service.wake();
    }
  }

  /** Looks at all again soon: a read from one has failed. */
  void wake() {
    service.wake();
  }

  private void look() {
    lookAtPrimary();
    if (closed) {
      // A pool of the application may give a connection after the wait of the close.
      primary.close();
    }
    replicas.forEach(probed -> probed.service().wake());
  }

  private void look(Replica replica, ServerProbe probe) {
    try {
      replica.saw(probe.look(), positions);
    } catch (SQLException e) {
      boolean silent = PostgresFailures.state(e).startsWith("08");
      replica.away(PostgresFailures.reason(e), silent);
    }
  }

  private void lookAtPrimary() {
    // In this order: what is committed later need not be in the position, and is not counted.
    long count = commits.count();
    long now = nanoTime.getAsLong();
    try {
      ServerSight sight = primary.look();
      if (!sight.standby()) {
        positions.add(now, sight.position());
        commits.sample(count, sight.position());
        return;
      }
      // Demoted: the URL may lead to another server by now.
      primary.close();
      positions.unknown(now, "its server is a standby");
    } catch (SQLException e) {
      positions.unknown(now, PostgresFailures.reason(e));
    }
  }

  @Override
  public void close() {
    closed = true;
    replicas.forEach(probed -> probed.service().stop());
    if (service.close(ServerProbe.LIMIT.multipliedBy(2))) {
      primary.close();
    }
    for (Probed probed : replicas) {
      if (probed.service().close(ServerProbe.LIMIT.multipliedBy(2))) {
        probed.probe().close();
      }
    }
  }
}
