package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.Stats;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The figures of one runtime that thresholds of the scope {@code RUNTIME} are about. */
public final class RuntimeFigures {

  private static final long TOGETHER_NANOS = Duration.ofMillis(500).toNanos();

  private final Consistency consistency;
  private final Pools pools;
  private final StoreGuard guard;
  private final Health health;
  private final Supplier<List<String>> services;
  private volatile @Nullable Asked asked;

  private record Asked(Backlog backlog, long nanos) {}

  /**
   * Reads the figures of these.
   *
   * @param services returns a sentence for each background service that fails
   */
  public RuntimeFigures(
      Consistency consistency,
      Pools pools,
      StoreGuard guard,
      Health health,
      Supplier<List<String>> services) {
    this.services = services;
    this.consistency = consistency;
    this.pools = pools;
    this.guard = guard;
    this.health = health;
  }

  /** Returns each figure by the name of its metric. */
  public Map<String, Figure> with(RecentInconsistencies inconsistencies) {
    return Map.of(
        "consistency_lag_p95_ms",
        this::lag,
        "backlog_age_seconds",
        () -> backlog(backlog -> seconds(backlog.oldestAge())),
        "backlog_bytes",
        () -> backlog(Backlog::bytes),
        "inconsistencies_per_hour",
        inconsistencies::read,
        "services_failing",
        this::services,
        "breakers_open",
        this::breakers,
        "pool_usage_percent",
        () -> pool(pool -> 100 * pool.utilization()),
        "pool_acquisition_p95_ms",
        () -> pool(pool -> millis(pool.acquireP95())),
        "health_status",
        this::health);
  }

  private Reading lag() {
    LagStats lag = consistency.lag();
    return lag.samples() == 0
        ? Reading.of(0, "this runtime committed nothing in the last minute")
        : Reading.of(
            millis(lag.p95()),
            "%d writes in the last minute, the longest waited %d ms"
                .formatted(lag.samples(), lag.max().toMillis()));
  }

  private Reading backlog(ToDoubleFunction<Backlog> figure) {
    Backlog backlog = backlogNow();
    return Reading.of(
        figure.applyAsDouble(backlog),
        "%d entries of journal %s, %d bytes, the oldest %d s old"
            .formatted(
                backlog.messages(),
                consistency.journal(),
                backlog.bytes(),
                backlog.oldestAge().toSeconds()));
  }

  /** Returns the backlog; two metrics that are measured together ask the stores once. */
  private Backlog backlogNow() {
    Asked last = asked;
    long now = System.nanoTime();
    if (last != null && now - last.nanos() < TOGETHER_NANOS) {
      return last.backlog();
    }
    Backlog backlog = consistency.backlog();
    asked = new Asked(backlog, now);
    return backlog;
  }

  private Reading breakers() {
    List<StoreGuard.Breaker> open =
        guard.breakers().stream()
            .filter(breaker -> breaker.state() != StoreGuard.Breaker.State.CLOSED)
            .toList();
    return Reading.of(
        open.size(),
        open.isEmpty()
            ? "all are closed"
            : open.stream()
                .map(breaker -> breaker.store() + "/" + breaker.role())
                .collect(Collectors.joining(", ")));
  }

  private Reading services() {
    List<String> failing = services.get();
    return Reading.of(
        failing.size(), failing.isEmpty() ? "all are running" : String.join("; ", failing));
  }

  private Reading pool(ToDoubleFunction<Stats> figure) {
    Optional<Stats> busiest = pools.stats().stream().max(Comparator.comparingDouble(figure));
    return busiest
        .map(
            pool ->
                Reading.of(
                    figure.applyAsDouble(pool),
                    "pool %s, %d of %d in use, %d threads wait"
                        .formatted(pool.name(), pool.active(), pool.size(), pool.waiting())))
        .orElseGet(() -> Reading.of(0, "there are no pools"));
  }

  private Reading health() {
    Report report = health.latest();
    List<Component> troubled =
        report.components().stream()
            .filter(component -> component.status() != Status.HEALTHY)
            .toList();
    return Reading.of(
        rank(report.status()),
        troubled.isEmpty()
            ? "all components are healthy"
            : troubled.stream()
                .map(it -> "%s is %s, %s".formatted(it.name(), it.status(), it.reason()))
                .collect(Collectors.joining("; ")));
  }

  private static int rank(Status status) {
    return switch (status) {
      case HEALTHY -> 0;
      case DEGRADED -> 1;
      case UNHEALTHY -> 2;
    };
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1e3;
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }
}
