package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.operations.Pools.Stats;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.Age;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Partitions;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Schema;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** From which figure on a component is degraded or unhealthy. */
class ComponentChecksTest {

  private static final Duration WINDOW = Duration.ofMillis(200);

  private final ManualTicker ticker = new ManualTicker();

  /** A part whose methods return these values, by their names. */
  private static <T> T returning(Class<T> type, Map<String, ?> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object answer = answers.get(method.getName());
              if (answer == null) {
                throw new AssertionError("nobody asks for " + method.getName());
              }
              return answer;
            }));
  }

  private static Component one(ComponentCheck check) {
    List<Component> found = check.check();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "10, HEALTHY, false",
    "11, HEALTHY, true",
    "100, HEALTHY, true",
    "101, DEGRADED, false"
  })
  void aSlowPostgresqlIsAWarningAndThenDegraded(long millis, Status status, boolean warning) {
    Component component = one(new PostgresCheck(answering(millis, millis), ticker));
    assertThat(component.status()).isEqualTo(status);
    assertThat(component.latency()).contains(Duration.ofMillis(millis));
    assertThat(component.reason().contains("warning")).isEqualTo(warning);
  }

  @Test
  void aConnectionThatHadToBeOpenedDoesNotCount() {
    Component component = one(new PostgresCheck(answering(400, 1), ticker));
    assertThat(component.status()).isEqualTo(Status.HEALTHY);
    assertThat(component.latency()).contains(Duration.ofMillis(1));
  }

  private UpkeepStore answering(long... millis) {
    Deque<Long> latencies = new ArrayDeque<>(Arrays.stream(millis).boxed().toList());
    return (UpkeepStore)
        Proxy.newProxyInstance(
            UpkeepStore.class.getClassLoader(),
            new Class<?>[] {UpkeepStore.class},
            (proxy, method, arguments) -> {
              ticker.move(Duration.ofMillis(latencies.removeFirst()));
              return null;
            });
  }

  @ParameterizedTest
  @CsvSource({
    "9, 5000, 0, HEALTHY",
    "10, 0, 0, DEGRADED",
    "0, 5001, 0, DEGRADED",
    "0, 0, 5, HEALTHY",
    "0, 0, 6, DEGRADED"
  })
  void aPoolIsDegradedByItsUseItsWaitsOrItsErrors(
      int active, long acquireMillis, long timeouts, Status status) {
    Deque<Stats> stats = new ArrayDeque<>();
    stats.add(pool(active, acquireMillis, 3));
    stats.add(pool(active, acquireMillis, 3 + timeouts));
    PoolCheck check = new PoolCheck(pools(stats), ticker);
    Component unused = one(check);
    ticker.move(Duration.ofSeconds(10));
    Component component = one(check);
    assertThat(component.name()).isEqualTo("connection_pools/primary");
    assertThat(component.status()).isEqualTo(status);
    assertThat(component.reason().contains("maxConnections")).isEqualTo(status == Status.DEGRADED);
  }

  /** In ten seconds it has 95 calls that got a connection. */
  private static Stats pool(int active, long acquireMillis, long timeouts) {
    return new Stats(
        "primary",
        PostgresRole.PRIMARY,
        10,
        active,
        0,
        0,
        9.5,
        Duration.ofMillis(1),
        Duration.ofMillis(acquireMillis),
        timeouts,
        0);
  }

  private static Pools pools(Deque<Stats> stats) {
    return new Pools() {
      @Override
      public List<Stats> stats() {
        return List.of(stats.removeFirst());
      }

      @Override
      public void resize(PostgresRole role, int size) {
        throw new AssertionError("nobody resizes");
      }

      @Override
      public PoolSizing.Advice advice(PostgresRole role, int agents) {
        throw new AssertionError("nobody asks for advice");
      }
    };
  }

  @ParameterizedTest
  @EnumSource
  void aReplicaThatIsNotReadIsDegraded(ReplicaState state) {
    ReplicaStats replica = new ReplicaStats("replica-0", state, Optional.of(WINDOW), 1, 0);
    Component component =
        one(new ReplicaCheck(returning(Pools.class, Map.of("replicas", List.of(replica)))));
    assertThat(component.name()).isEqualTo("replicas/replica-0");
    assertThat(component.status() == Status.HEALTHY)
        .isEqualTo(state.isRead() || state == ReplicaState.UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 200, 0, HEALTHY, HEALTHY",
    "100, 201, 0, DEGRADED, HEALTHY",
    "0, 0, 201, DEGRADED, HEALTHY",
    "0, 0, 2001, DEGRADED, DEGRADED",
    "0, 0, 60001, DEGRADED, UNHEALTHY"
  })
  void theLagAndWhatWaitsAreCompared(
      long samples, long p95, long age, Status consistency, Status backlog) {
    LagCheck check =
        new LagCheck(
            returning(
                Consistency.class,
                Map.of(
                    "lag",
                    new LagStats(
                        samples,
                        Duration.ZERO,
                        Duration.ofMillis(p95),
                        Duration.ZERO,
                        Duration.ZERO,
                        0,
                        Duration.ZERO),
                    "backlog",
                    age == 0 ? Backlog.NONE : new Backlog(7, 700, Duration.ofMillis(age)))),
            WINDOW);
    assertThat(check.check())
        .extracting(Component::name, Component::status)
        .containsExactly(tuple("data_consistency", consistency), tuple("backlog", backlog));
  }

  @Test
  void aSchemaThatLacksScriptsIsDegradedAndANewerOneIsNot() {
    assertThat(schema(List.of(), List.of(), List.of()).status()).isEqualTo(Status.HEALTHY);
    Component older = schema(List.of("core 17.0.0"), List.of(), List.of());
    assertThat(older.status()).isEqualTo(Status.DEGRADED);
    assertThat(older.reason()).contains("core 17.0.0").contains("apply");
    Component newer = schema(List.of(), List.of("core 99.0.0"), List.of());
    assertThat(newer.status()).isEqualTo(Status.HEALTHY);
    assertThat(newer.reason()).contains("core 99.0.0").contains("upgrade");
    assertThat(schema(List.of(), List.of(), List.of("core 2.0.0")).status())
        .isEqualTo(Status.DEGRADED);
  }

  private static Component schema(List<String> missing, List<String> unknown, List<String> broken) {
    return one(
        new SchemaCheck(
            returning(
                UpkeepStore.class, Map.of("schema", new Schema(true, missing, unknown, broken)))));
  }

  @ParameterizedTest
  @CsvSource({
    "true, 3, 7, HEALTHY",
    "true, 1, 7, HEALTHY",
    "true, 0, 7, DEGRADED",
    "true, 0, 0, HEALTHY",
    "false, 0, 7, UNHEALTHY"
  })
  void partitionsMustExistAheadOfTime(boolean present, int ahead, int wanted, Status status) {
    List<Partitions> tables =
        List.of(
            new Partitions("messages.log", true, 7, 7),
            new Partitions("tasks.archive", present, ahead, wanted));
    Component component =
        one(new PartitionCheck(returning(UpkeepStore.class, Map.of("partitions", tables))));
    assertThat(component.status()).isEqualTo(status);
    assertThat(component.reason()).contains("tasks.archive");
  }

  @ParameterizedTest
  @CsvSource({"0.99, HEALTHY", "1.0, DEGRADED", "9.0, DEGRADED"})
  void anOverdueDrillIsDegraded(double allowedAges, Status status) {
    List<Age> ages =
        List.of(
            new Age("backup", Optional.of(Instant.EPOCH), Duration.ofHours(26), 0.5),
            new Age("drill", Optional.empty(), Duration.ofDays(35), allowedAges));
    Component component =
        one(
            new BackupCheck(
                returning(RecoveryStore.class, Map.of("isInstalled", true, "ages", ages))));
    assertThat(component.status()).isEqualTo(status);
    assertThat(component.reason()).contains("the last drill was never made, 840 h are allowed");
  }

  @Test
  void nobodyKnowsOfBackupsWithoutTheSet() {
    Component component =
        one(new BackupCheck(returning(RecoveryStore.class, Map.of("isInstalled", false))));
    assertThat(component.status()).isEqualTo(Status.HEALTHY);
    assertThat(component.reason()).contains("the set of migrations recovery");
  }

  @Test
  void whatChangesSeldomIsAskedAgainWhileItIsNotHealthy() {
    Deque<Status> answers =
        new ArrayDeque<>(List.of(Status.DEGRADED, Status.HEALTHY, Status.UNHEALTHY));
    SeldomCheck check =
        new SeldomCheck(
            new ComponentCheck() {
              @Override
              public String name() {
                return "seldom";
              }

              @Override
              public List<Component> check() {
                return List.of(
                    new Component("seldom", answers.removeFirst(), Optional.empty(), ""));
              }
            },
            ticker);
    assertThat(one(check).status()).isEqualTo(Status.DEGRADED);
    assertThat(one(check).status()).isEqualTo(Status.HEALTHY);
    ticker.move(Duration.ofMinutes(9));
    assertThat(one(check).status()).isEqualTo(Status.HEALTHY);
    ticker.move(Duration.ofMinutes(1));
    assertThat(one(check).status()).isEqualTo(Status.UNHEALTHY);
  }
}
