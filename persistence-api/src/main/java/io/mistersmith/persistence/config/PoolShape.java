package io.mistersmith.persistence.config;

import io.mistersmith.persistence.operations.PoolSizing;
import java.time.Duration;
import java.util.Optional;

/**
 * The size and the times of a role's pool.
 *
 * @param min how many idle connections it keeps
 * @param max how many connections it has at most
 * @param automatic the bounds within which it resizes itself
 * @param acquire how long a call waits for a connection
 * @param idle after how long an idle connection is closed
 * @param lifetime after how long a connection is replaced
 */
record PoolShape(
    int min,
    int max,
    Optional<PoolSizing.Bounds> automatic,
    Duration acquire,
    Duration idle,
    Duration lifetime) {

  static final PoolShape DEFAULT =
      new PoolShape(
          0,
          1,
          Optional.empty(),
          Duration.ofSeconds(30),
          Duration.ofMinutes(10),
          Duration.ofHours(2));

  PoolShape withConnections(int least, int most) {
    Checks.atLeastOne("postgres.maxConnections", most);
    Checks.that(
        least >= 0 && least <= most,
        "postgres.minConnections is " + least + "; use 0 to maxConnections, " + most);
    return new PoolShape(least, most, automatic, acquire, idle, lifetime);
  }

  PoolShape within(PoolSizing.Bounds bounds) {
    return new PoolShape(min, max, Optional.of(bounds), acquire, idle, lifetime);
  }

  PoolShape withAcquire(Duration value) {
    Checks.positive("postgres.acquireTimeout", value);
    return new PoolShape(min, max, automatic, value, idle, lifetime);
  }

  PoolShape withIdle(Duration value) {
    return new PoolShape(min, max, automatic, acquire, value, lifetime);
  }

  PoolShape withLifetime(Duration value) {
    return new PoolShape(min, max, automatic, acquire, idle, value);
  }

  /** Fails where values do not fit each other. */
  PoolShape checked() {
    Checks.that(
        idle.compareTo(lifetime) < 0,
        "postgres.idleTimeout is %s; give less than maxLifetime, %s".formatted(idle, lifetime));
    automatic.ifPresent(
        bounds ->
            Checks.that(
                bounds.least() <= max && max <= bounds.most(),
                "postgres.maxConnections is %d; within automaticSize it starts at %d to %d"
                    .formatted(max, bounds.least(), bounds.most())));
    return this;
  }
}
