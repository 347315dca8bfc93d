package io.mistersmith.persistence.core.metrics;

import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.Level;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import io.mistersmith.persistence.operations.Alerts.XminHolderKind;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Figures of a runtime that has something of everything, and that a test changes. */
final class SampleOperations {

  private static final Duration MILLIS = Duration.ofMillis(4);

  volatile Optional<RuntimeException> failure = Optional.empty();
  volatile List<Alert> open = List.of(alert("backlog_age", Level.WARNING));
  volatile Health.Report report = SampleEvents.report();
  int active = 3;

  static Alert alert(String metric, Level level) {
    return new Alert(
        metric,
        level,
        OptionalDouble.of(2),
        OptionalDouble.of(1),
        "message",
        "advice",
        Instant.EPOCH,
        Instant.EPOCH);
  }

  Operations operations() {
    Health health =
        answering(
            Health.class,
            (proxy, method, arguments) -> method.getName().equals("latest") ? report : null);
    Alerts alerts =
        answering(Alerts.class, (proxy, method, arguments) -> alertsOf(method.getName()));
    Consistency consistency =
        answering(
            Consistency.class,
            (proxy, method, arguments) ->
                method.getName().equals("stats") ? memories() : SampleEvents.JOURNAL);
    DeadLetters letters =
        answering(DeadLetters.class, (proxy, method, arguments) -> Long.valueOf(5));
    return answering(
        Operations.class,
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "health" -> health;
              case "alerts" -> alerts;
              case "consistency" -> consistency;
              case "deadLetters" -> letters;
              case "pools" -> pools();
              case "notices" -> List.of("a notice");
              case "cacheStats" -> cache((DataType) arguments[0]);
              default -> throw new UnsupportedOperationException(method.getName());
            });
  }

  private List<?> alertsOf(String question) {
    if (failure.isPresent()) {
      throw failure.get();
    }
    return switch (question) {
      case "open" -> open;
      case "measured" -> List.of(new Measurement("cache_hit_ratio", 99, Instant.EPOCH));
      default ->
          List.of(
              new XminHolder(XminHolderKind.SLOT, "lost", 12, Optional.empty(), "detail", "drop"));
    };
  }

  /** Only what metrics ask for is answered. */
  private static <T> T answering(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }

  static StoreGuard guard() {
    return answering(StoreGuard.class, (proxy, method, arguments) -> List.of());
  }

  static ChangeFeed changes() {
    return answering(
        ChangeFeed.class,
        (proxy, method, arguments) ->
            method.getName().equals("state")
                ? ChangeFeed.State.PUBLISHING
                : new ChangeFeed.Lag(7, 700, MILLIS, 1, Optional.empty()));
  }

  private static MemoryStats memories() {
    LagStats lag = new LagStats(4, MILLIS, MILLIS, MILLIS, MILLIS, 1, MILLIS);
    return new MemoryStats(
        10, OptionalLong.of(9), 1, MILLIS, MILLIS, lag, new Backlog(2, 20, MILLIS), true, 6, 1_000);
  }

  private static Optional<CacheStats> cache(DataType type) {
    return type == DataType.AGENT_STATE
        ? Optional.of(new CacheStats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, true))
        : Optional.empty();
  }

  private Pools pools() {
    return new Pools() {
      @Override
      public List<Stats> stats() {
        return List.of(
            new Stats(
                "primary",
                PostgresRole.PRIMARY,
                10,
                active,
                1,
                0,
                100,
                Duration.ofMillis(1),
                Duration.ofMillis(2),
                7,
                8));
      }

      @Override
      public List<ReplicaStats> replicas() {
        return List.of(
            new ReplicaStats("replica-0", ReplicaState.FRESH, Optional.of(MILLIS), 11, 12));
      }

      @Override
      public void resize(PostgresRole role, int size) {
        throw new UnsupportedOperationException("only read here");
      }

      @Override
      public PoolSizing.Advice advice(PostgresRole role, int agents) {
        throw new UnsupportedOperationException("only read here");
      }
    };
  }
}
