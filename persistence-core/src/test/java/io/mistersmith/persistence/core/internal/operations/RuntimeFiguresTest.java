package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.event.PersistenceEvent.InconsistencyFound;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a runtime measures of itself. */
class RuntimeFiguresTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.create();
  private final RecentInconsistencies inconsistencies = new RecentInconsistencies(clock);
  private List<String> failing = List.of();

  private Map<String, Figure> figures(Persistence persistence, Pools pools) {
    return new RuntimeFigures(
            persistence.operations().consistency(),
            pools,
            persistence.guard(),
            persistence.operations().health(),
            () -> failing)
        .with(inconsistencies);
  }

  private static Reading read(Map<String, Figure> figures, String metric) {
    return Optional.ofNullable(figures.get(metric)).orElseThrow().read();
  }

  @Test
  void figuresOfAnEngine() {
    InMemoryStores stores = new InMemoryStores();
    Agent agent = Agent.of("test", "tester");
    try (Persistence persistence = Persistence.open(PersistenceConfig.inMemory().build(), stores)) {
      Map<String, Figure> figures = figures(persistence, Pools.NONE);
      assertThat(read(figures, "consistency_lag_p95_ms"))
          .isEqualTo(Reading.of(0, "this runtime committed nothing in the last minute"));
      persistence.agents().save(agent);
      persistence.states(String.class).save(StateKey.of(agent.id(), "k"), "value");
      persistence.lifecycle().flush(agent.id(), SOON);

      assertThat(read(figures, "consistency_lag_p95_ms").detail()).startsWith("1 writes");
      assertThat(read(figures, "backlog_age_seconds").value()).hasValue(0);
      assertThat(read(figures, "backlog_bytes").value()).hasValue(0);
      assertThat(read(figures, "breakers_open")).isEqualTo(Reading.of(0, "all are closed"));
      assertThat(read(figures, "pool_usage_percent"))
          .isEqualTo(Reading.of(0, "there are no pools"));
      assertThat(persistence.operations().health().check().components()).isNotEmpty();
      assertThat(read(figures, "health_status").value()).hasValue(0);

      stores.sqlOutage(true);
      assertThat(persistence.operations().health().check().components()).isNotEmpty();
      assertThat(read(figures, "health_status"))
          .satisfies(
              health -> {
                assertThat(health.value()).hasValue(2);
                assertThat(health.detail()).contains("postgresql is UNHEALTHY");
              });
      stores.sqlOutage(false);
    }
  }

  @Test
  void ofSeveralPoolsTheBusiestCounts() {
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores())) {
      Map<String, Figure> figures =
          figures(persistence, pools(pool("primary", 1, 30), pool("flush", 3, 10)));
      assertThat(read(figures, "pool_usage_percent"))
          .isEqualTo(Reading.of(75, "pool flush, 3 of 4 in use, 2 threads wait"));
      assertThat(read(figures, "pool_acquisition_p95_ms").value()).hasValue(30);
    }
  }

  @Test
  void servicesThatFailAndInconsistenciesAreCounted() {
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores())) {
      Map<String, Figure> figures = figures(persistence, Pools.NONE);
      assertThat(read(figures, "services_failing")).isEqualTo(Reading.of(0, "all are running"));
      failing = List.of("one fails", "another is stuck");
      assertThat(read(figures, "services_failing"))
          .isEqualTo(Reading.of(2, "one fails; another is stuck"));

      inconsistencies.on(
          new InconsistencyFound(
              new Inconsistency(
                  Inconsistency.Kind.SQL_BEHIND,
                  "subject",
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  Inconsistency.Repair.LEFT)));
      assertThat(read(figures, "inconsistencies_per_hour"))
          .isEqualTo(Reading.of(1, "the last one is SQL_BEHIND, LEFT"));
      clock.advance(Duration.ofHours(1));
      assertThat(read(figures, "inconsistencies_per_hour")).isEqualTo(Reading.of(0, "none"));
    }
  }

  private static Pools.Stats pool(String name, int active, long acquireMillis) {
    return new Pools.Stats(
        name,
        PostgresRole.PRIMARY,
        4,
        active,
        0,
        2,
        1,
        Duration.ofMillis(1),
        Duration.ofMillis(acquireMillis),
        0,
        0);
  }

  private static Pools pools(Pools.Stats... stats) {
    return new Pools() {
      @Override
      public List<Stats> stats() {
        return List.of(stats);
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
