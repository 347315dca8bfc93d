package io.mistersmith.persistence.operations;

import java.time.Duration;
import java.util.Locale;

/**
 * Advises how large a pool should be, by Little's law: as many connections as calls are under way
 * on average, over the share of the pool that may be busy. Immutable.
 *
 * <pre>{@code
 * PoolSizing.Advice advice = PoolSizing.of(40, 500, Duration.ofMillis(20)).advise();
 * builder.role(PostgresRole.PRIMARY, primary -> primary.connections(advice));
 * }</pre>
 *
 * <p>The advice is for one process, with the agents and the calls of that process. The sum over all
 * processes has to stay below the server's {@code max_connections}.
 */
public final class PoolSizing {

  private static final double UTILIZATION = 0.8;
  private static final double IDLE_SHARE = 0.2;
  private static final int LEAST = 2;
  private static final int MOST = 50;

  private final int agents;
  private final double callsPerSecond;
  private final Duration callDuration;
  private final double utilization;

  private PoolSizing(int agents, double callsPerSecond, Duration callDuration, double utilization) {
    this.agents = agents;
    this.callsPerSecond = callsPerSecond;
    this.callDuration = callDuration;
    this.utilization = utilization;
  }

  /**
   * Returns the sizing for a load, with a pool that may be 80 % busy.
   *
   * @param agents how many agents use the pool; at least 1
   * @param callsPerSecond how many calls they make a second, all together
   * @param callDuration how long a call holds a connection on average
   */
  public static PoolSizing of(int agents, double callsPerSecond, Duration callDuration) {
    require(agents >= 1, "agents is " + agents + "; give at least 1");
    require(
        callsPerSecond >= 0 && callsPerSecond <= 1e9,
        "callsPerSecond is " + callsPerSecond + "; give 0 to a billion");
    require(
        !callDuration.isNegative() && callDuration.compareTo(Duration.ofDays(1)) <= 0,
        "callDuration is " + callDuration + "; give 0 to a day");
    return new PoolSizing(agents, callsPerSecond, callDuration, UTILIZATION);
  }

  /** Returns a copy with another share of the pool that may be busy, over 0 and up to 1. */
  public PoolSizing withUtilization(double share) {
    require(share > 0 && share <= 1, "utilization is " + share + "; give over 0, up to 1");
    return new PoolSizing(agents, callsPerSecond, callDuration, share);
  }

  /**
   * Returns the advice.
   *
   * <p>Agents do not call all at once, the less so the more they are: the size is multiplied by 1
   * for up to 5 agents, by 0.8 for up to 20, by 0.6 for more. It is at least 2, and at least a
   * quarter of the agents; and at most 50, and at most twice the agents. Where these bounds
   * contradict each other, which they do for more than 200 agents, the upper one holds: more
   * connections would make the server slower for all.
   */
  public Advice advise() {
    double underWay = callsPerSecond * callDuration.toNanos() / 1e9;
    double factor = factor();
    double base = underWay / utilization * factor;
    int most = Math.min(MOST, Math.max(LEAST, agents * 2));
    int least = Math.min(most, Math.max(LEAST, (agents + 3) / 4));
    int size = (int) Math.ceil(Math.max(least, Math.min(most, base)));
    int idle = (int) Math.ceil(size * IDLE_SHARE);
    return new Advice(idle, size, reason(underWay, factor, base, least, most));
  }

  private double factor() {
    if (agents <= 5) {
      return 1.0;
    }
    return agents <= 20 ? 0.8 : 0.6;
  }

  private String reason(double underWay, double factor, double base, int least, int most) {
    String sum =
        String.format(
            Locale.ROOT,
            "%.1f calls/s of %.1f ms keep %.2f connections busy; / %.2f utilization"
                + " * %.1f for %d agents = %.2f",
            callsPerSecond,
            callDuration.toNanos() / 1e6,
            underWay,
            utilization,
            factor,
            agents,
            base);
    String bound = "; within %d to %d".formatted(least, most);
    if (base < least) {
      bound = "; raised to %d, the least for %d agents".formatted(least, agents);
    } else if (base > most) {
      bound =
          "; lowered to %d, the most for %d agents: make the calls shorter, or use more processes"
              .formatted(most, agents);
    }
    return sum + bound;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * How large a pool should be.
   *
   * @param minConnections how many idle connections it keeps
   * @param maxConnections how many connections it has at most
   * @param reason how the numbers came about, as a sentence
   */
  public record Advice(int minConnections, int maxConnections, String reason) {}

  /**
   * How large a pool may become that resizes itself.
   *
   * @param least the smallest size; at least 1
   * @param most the largest size
   */
  public record Bounds(int least, int most) {

    /**
     * @throws IllegalArgumentException when they are no bounds
     */
    public Bounds {
      require(
          least >= 1 && least <= most,
          "the bounds are %d to %d; give at least 1, and the smaller one first"
              .formatted(least, most));
    }
  }
}
