package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Probes the primary and each replica, a few times in the time that a replica may be behind. */
final class ReplicaWatch implements AutoCloseable {

  private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

  private final ServerProbe primary;
  private final List<Probed> replicas = new ArrayList<>();
  private final OwnCommits commits;
  private final PrimaryPositions positions = new PrimaryPositions();
  private final LongSupplier nanoTime;
  private final PeriodicService service;

  private record Probed(Replica replica, ServerProbe probe) {}

  ReplicaWatch(
      ConnectionPool primary,
      List<Replica> replicas,
      OwnCommits commits,
      Duration maxLag,
      LongSupplier nanoTime,
      Services services) {
    this.primary = new ServerProbe(primary);
    this.commits = commits;
    this.nanoTime = nanoTime;
    replicas.forEach(
        replica -> this.replicas.add(new Probed(replica, new ServerProbe(replica.pool()))));
    Duration fifth = maxLag.dividedBy(5);
    this.service =
        services.every(
            fifth.compareTo(LONGEST_PERIOD) < 0 ? fifth : LONGEST_PERIOD,
            "persistence-replicas",
            "reads that may be old go to the primary",
            this::look);
  }

  void start() {
    if (!replicas.isEmpty()) {
      service.start();
      service.wake();
    }
  }

  /** Looks at a replica again soon: a read from it has failed. */
  void wake() {
    service.wake();
  }

  private void look() {
    lookAtPrimary();
    for (Probed probed : replicas) {
      service.alive();
      try {
        probed.replica().saw(probed.probe().look(), positions);
      } catch (SQLException e) {
        boolean silent = PostgresFailures.state(e).startsWith("08");
        probed.replica().away(PostgresFailures.reason(e), silent);
      }
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
    boolean ended = service.close(ServerProbe.LIMIT.multipliedBy(2));
    if (ended) {
      primary.close();
      replicas.forEach(probed -> probed.probe().close());
    }
  }
}
