package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A replica as the last probe found it, and the reads that it answers now. Thread-safe. */
final class Replica {

  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

  private final Pool pool;
  private final Duration maxLag;
  private final LongSupplier nanoTime;
  private final Set<Connection> inUse = ConcurrentHashMap.newKeySet();
  private final LongAdder reads = new LongAdder();
  private final LongAdder passedOn = new LongAdder();
  private volatile Found found = new Found(ReplicaState.UNKNOWN, "it was not probed yet", null);
  private volatile @Nullable Long asOf;
  private int silences;

  private record Found(ReplicaState state, String reason, @Nullable WalPosition position) {}

  Replica(Pool pool, Duration maxLag, LongSupplier nanoTime) {
    this.pool = pool;
    this.maxLag = maxLag;
    this.nanoTime = nanoTime;
  }

  Pool pool() {
    return pool;
  }

  /** Whether reads may go to it now. */
  boolean isRead() {
    return state().isRead();
  }

  private ReplicaState state() {
    ReplicaState state = found.state();
    // The probe may be late, and what it found gets older meanwhile.
    return state == ReplicaState.FRESH && isStale() ? ReplicaState.STALE : state;
  }

  private boolean isStale() {
    return lag().map(lag -> lag.compareTo(maxLag) > 0).orElse(true);
  }

  private Optional<Duration> lag() {
    return Optional.ofNullable(asOf)
        .map(time -> Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - time)));
  }

  /** Whether it is known to replay the timeline of the position. */
  boolean isOnTimelineOf(WalPosition position) {
    WalPosition own = found.position();
    return own != null && own.isOnTimelineOf(position);
  }

  /** Takes note of what a probe found. */
  synchronized void saw(ServerSight sight, PrimaryPositions primary) {
    silences = 0;
    Optional<WalPosition> latest = primary.latest();
    if (latest.isEmpty()) {
      become(
          ReplicaState.UNKNOWN,
          "the primary has not said where it is: " + primary.failure(),
          sight.position());
    } else if (!sight.standby()) {
      become(
          ReplicaState.NOT_FOLLOWING,
          "it is no standby; if it was promoted, make it the primary's URL",
          sight.position());
    } else if (!sight.position().isOnTimelineOf(latest.get())) {
      become(
          ReplicaState.NOT_FOLLOWING,
          "it follows another system or timeline than the primary's ("
              + sight.position().position()
              + ", the primary "
              + latest.get().position()
              + ")",
          sight.position());
    } else {
      primary.asOf(sight.position()).ifPresent(time -> asOf = time);
      become(
          isStale() ? ReplicaState.STALE : ReplicaState.FRESH,
          lag()
              .map(lag -> "it is " + lag.toSeconds() + " s behind the primary")
              .orElse("it has not been seen to catch up with the primary"),
          sight.position());
    }
  }

  /** A probe failed. After two without any answer, the reads that wait for one are given up. */
  synchronized void away(String reason, boolean silent) {
    become(ReplicaState.AWAY, reason, found.position());
    silences = silent ? silences + 1 : 0;
    if (silences >= 2) {
      inUse.forEach(Pool::abort);
      pool.renew();
    }
  }

  private void become(ReplicaState state, String reason, @Nullable WalPosition position) {
    ReplicaState before = found.state();
    found = new Found(state, reason, position);
    if (before != state && before.isRead()) {
      LOG.warn(
          "PostgreSQL {} ({}) is not read from any more: {}; its reads go to other replicas or to"
              + " the primary",
          pool.server(),
          pool.name(),
          reason);
    } else if (before != state && state.isRead()) {
      LOG.info("PostgreSQL {} ({}) is read from", pool.server(), pool.name());
    }
  }

  /** A connection is read from until {@link #release}. */
  void use(Connection connection) {
    inUse.add(connection);
  }

  void release(Connection connection) {
    inUse.remove(connection);
  }

  void answered() {
    reads.increment();
  }

  /** A read that was meant for it goes to the primary. */
  void passedOn() {
    passedOn.increment();
  }

  Pools.ReplicaStats stats() {
    return new Pools.ReplicaStats(pool.name(), state(), lag(), reads.sum(), passedOn.sum());
  }

  /** Returns why it is not read from; empty while it is. */
  Optional<String> notice() {
    Found now = found;
    String server = "PostgreSQL " + pool.server() + " (" + pool.name() + ")";
    if (isRead()) {
      return Optional.empty();
    }
    if (now.state() == ReplicaState.UNKNOWN && now.position() == null) {
      return pool.lacksConnections() ? Optional.of(server + " is not connected") : Optional.empty();
    }
    return Optional.of(server + " is not read from (" + state() + "): " + now.reason());
  }
}
