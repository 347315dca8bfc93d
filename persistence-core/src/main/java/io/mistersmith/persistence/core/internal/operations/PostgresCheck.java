package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whether PostgreSQL answers, and how fast.
 *
 * <p>From 10 ms on the reason is a warning, and the status stays {@code HEALTHY}: a probe acts on
 * the status, and a server that is slow for a moment is no reason to take a runtime out of service.
 * From 100 ms on it is {@code DEGRADED}.
 */
final class PostgresCheck implements ComponentCheck {

  private static final Duration WARNING = Duration.ofMillis(10);
  private static final Duration SLOW = Duration.ofMillis(100);

  private final UpkeepStore store;
  private final Ticker ticker;

  PostgresCheck(UpkeepStore store, Ticker ticker) {
    this.store = store;
    this.ticker = ticker;
  }

  @Override
  public String name() {
    return "postgresql";
  }

  @Override
  public List<Component> unanswered(String why) {
    return List.of(
        new Component(
            name(),
            Status.UNHEALTHY,
            Optional.empty(),
            why
                + ": start PostgreSQL, or correct its address or the rights of this user. Writes of"
                + " agent state are kept in KV meanwhile"));
  }

  @Override
  public List<Component> check() {
    Duration latency =
        Answer.of(
                ticker,
                WARNING,
                () -> {
                  store.ping();
                  return true;
                })
            .latency();
    return List.of(component(latency));
  }

  private Component component(Duration latency) {
    boolean slow = latency.compareTo(SLOW) > 0;
    String reason = "answered in " + Answer.millis(latency);
    if (slow) {
      reason +=
          ", more than 100 ms: look at the server's load, I/O and locks, and at the network to it";
    } else if (latency.compareTo(WARNING) > 0) {
      reason += "; warning: more than 10 ms, so watch the server's load and the network to it";
    }
    return new Component(
        name(), slow ? Status.DEGRADED : Status.HEALTHY, Optional.of(latency), reason);
  }
}
