package io.mistersmith.persistence.operations;

import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The pools of connections to PostgreSQL of one runtime. Stores that need no connections, such as
 * those in memory, have none. Thread-safe.
 */
public interface Pools {

  /** No pools. */
  Pools NONE =
      new Pools() {
        @Override
        public List<Stats> stats() {
          return List.of();
        }

        @Override
        public void resize(PostgresRole role, int size) {
          throw new IllegalArgumentException("there is no pool of " + role);
        }

        @Override
        public PoolSizing.Advice advice(PostgresRole role, int agents) {
          throw new IllegalArgumentException("there is no pool of " + role);
        }
      };

  /**
   * Returns the present figures of each pool, and those of the last minutes. Asks no server. Leaves
   * out data sources of the application whose size is not known.
   */
  List<Stats> stats();

  /**
   * Changes how many connections the pool of a role has at most, until the runtime is closed. More
   * connections are opened when they are needed. Surplus ones are closed: idle ones at once, others
   * when their call is done. Of replicas each pool is changed.
   *
   * @param size at least 1; the server's {@code max_connections} has to allow for it
   * @throws IllegalArgumentException when the size is less than 1, or the role has no pool of this
   *     library's own
   */
  void resize(PostgresRole role, int size);

  /**
   * Returns what {@link PoolSizing} advises for the load of the last one to two minutes, or of the
   * time since opening if that is shorter. Of replicas it is the advice for the busiest.
   *
   * @param agents how many agents use the pool in this runtime; at least 1
   * @throws IllegalArgumentException when there are less, or the role has no pool
   */
  PoolSizing.Advice advice(PostgresRole role, int agents);

  /** Returns what is known of each replica, in the order of the configuration. Asks no server. */
  default List<ReplicaStats> replicas() {
    return List.of();
  }

  /** The condition of a replica, as of its last probe. */
  enum ReplicaState {
    /** Not probed yet, or the primary's position is not known yet. */
    UNKNOWN,
    /** It answers, follows the primary, and is not too far behind: reads go to it. */
    FRESH,
    /** It is further behind than {@code maxReplicaLag}. */
    STALE,
    /** It is no standby of the primary: promoted, of another timeline or of another system. */
    NOT_FOLLOWING,
    /** It does not answer. */
    AWAY;

    /** Whether reads go to it. */
    public boolean isRead() {
      return this == FRESH;
    }
  }

  /**
   * A replica.
   *
   * @param name the name of its pool, such as {@code replica-0}
   * @param state its condition
   * @param lag how far it is behind at most, to the period of the probes, which is a fifth of
   *     {@code maxReplicaLag} and at most 1 s; empty when it was never seen to have anything
   * @param reads how many reads it has answered
   * @param passedOn how many reads that were meant for it went to the primary, because it failed or
   *     had not replayed this process's own commits in time
   */
  record ReplicaStats(
      String name, ReplicaState state, Optional<Duration> lag, long reads, long passedOn) {}

  /**
   * The figures of a pool.
   *
   * @param name the role in lower case, with a number for a replica, such as {@code replica-0}
   * @param role the purpose of its connections
   * @param size how many connections it has at most
   * @param active how many connections are in use
   * @param idle how many are open and not in use
   * @param waiting how many threads wait for one
   * @param callsPerSecond how often a connection was taken, in the last one to two minutes
   * @param averageUse how long it was in use on average, in that time
   * @param acquireP95 how long 95 of 100 waited at most for one in that time, to about a fifth
   * @param timeouts how often none was to be had in time, since opening
   * @param slowStatements how many statements and commits took longer than the pool lets pass,
   *     since opening
   */
  record Stats(
      String name,
      PostgresRole role,
      int size,
      int active,
      int idle,
      int waiting,
      double callsPerSecond,
      Duration averageUse,
      Duration acquireP95,
      long timeouts,
      long slowStatements) {

    /** Returns the share of the pool that is in use, from 0 to 1; over 1 just after a resize. */
    public double utilization() {
      return (double) active / size;
    }
  }
}
