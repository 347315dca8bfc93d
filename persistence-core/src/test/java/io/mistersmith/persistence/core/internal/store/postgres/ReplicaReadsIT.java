package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which server answers a read, as which user, and how soon it has what was just written. */
@Tag("contract")
@Tag("newest")
class ReplicaReadsIT extends ReadsFromStandby {

  @Test
  void readsTakeTurns() {
    try (PostgresStandby second = own.server().standby("replica_1");
        PostgresStore store = open(config -> config.replica(at(second)))) {
      for (int i = 0; i < 20; i++) {
        assertThat(events(store)).containsExactly(LifecycleEvent.REGISTERED);
      }
      assertThat(store.pools().replicas())
          .extracting(ReplicaStats::reads)
          .allSatisfy(reads -> assertThat(reads).isPositive());
      assertThat(store.notices()).isEmpty();

      second.server().stop();
      awaitState(store, 1, ReplicaState.AWAY);
      long before = stats(store, 0).reads();
      for (int i = 0; i < 20; i++) {
        assertThat(events(store)).containsExactly(LifecycleEvent.REGISTERED);
      }
      assertThat(stats(store, 0).reads()).isEqualTo(before + 20);
    }
  }

  @Test
  void aPositionOfAnotherTimelineGoesToThePrimary() {
    try (PostgresStore store = open(config -> config)) {
      WalPosition now = WalPosition.of(store.sql().position());
      standby.pauseReplay();
      record(own.database(), "theirs");
      assertThat(events(store)).as("a replica answers").doesNotContain("theirs");

      store.sql().observe(new WalPosition(now.system(), now.timeline() + 1, 1).position());

      assertThat(events(store)).contains("theirs");
      assertThat(stats(store, 0).passedOn()).isPositive();
      standby.resumeReplay();
    }
  }

  @Test
  void aReportReadsFromTheServerOfItsRole() {
    PostgresServer server = standby.server();
    try (PostgresStore store =
        open(
            config ->
                config.role(
                    PostgresRole.ANALYTICS,
                    reports -> reports.host(server.host() + ":" + server.port())))) {
      SqlOptions report = SqlOptions.of("report").withReadsFrom(PostgresRole.ANALYTICS);
      SqlOptions old = SqlOptions.of("read").withReadsFrom(PostgresRole.REPLICA);
      assertThat(isStandby(store, report)).isTrue();
      assertThat(isStandby(store, old)).isTrue();
      assertThat(isStandby(store, old.withIsolation(SqlOptions.Isolation.REPEATABLE_READ)))
          .isTrue();
      assertThat(isStandby(store, SqlOptions.of("read").withReadOnly())).isFalse();
    }
  }

  private static boolean isStandby(PostgresStore store, SqlOptions options) {
    return store
        .sql()
        .inTransaction(
            options,
            unit ->
                unit.query("SELECT pg_is_in_recovery() AS standby", Map.of())
                    .get(0)
                    .get("standby", Boolean.class));
  }

  /** The grants of docs/connections.md, and no more. */
  @Test
  void usersWithoutPrivilegesOfTheServerSuffice() {
    own.database()
        .execute(
            """
            CREATE ROLE app_primary LOGIN;
            CREATE ROLE app_replica LOGIN;
            GRANT USAGE ON SCHEMA agents TO app_primary, app_replica;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA agents TO app_primary;
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA agents TO app_primary;
            GRANT SELECT ON ALL TABLES IN SCHEMA agents TO app_replica
            """);
    try (PostgresStore store =
        open(
            config ->
                config
                    .role(PostgresRole.PRIMARY, role -> role.user("app_primary"))
                    .role(PostgresRole.REPLICA, role -> role.user("app_replica")))) {
      long before = stats(store, 0).reads();
      store.sql().lifecycleEvents().record(event("ours"));
      assertThat(events(store)).contains("ours");
      Awaitility.await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(events(store)).contains("ours");
                assertThat(stats(store, 0).reads()).isGreaterThan(before);
              });
    }
  }

  /** Prints what a read after a write takes over the replica's own lag. */
  @Test
  void ownWritesAreReadSoonAfterTheyAreReplayed() throws Exception {
    try (PostgresStore store = open(config -> config);
        ReplicaLag lag = new ReplicaLag(own.database(), standby.server())) {
      List<Long> lags = new ArrayList<>();
      List<Long> reads = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        String type = "own-" + i;
        store.sql().lifecycleEvents().record(event(type));
        long began = System.nanoTime();
        if (i % 2 == 0) {
          lag.awaitReplay();
          lags.add(System.nanoTime() - began);
        } else {
          List<String> seen = events(store, 1);
          reads.add(System.nanoTime() - began);
          assertThat(seen).containsExactly(type);
        }
      }
      long answered = stats(store, 0).reads();
      System.out.printf(
          "replica: read_your_writes p50_us=%d p95_us=%d own_lag p50_us=%d p95_us=%d"
              + " over_lag p50_us=%d by_replica=%d of %d%n",
          percentile(reads, 50),
          percentile(reads, 95),
          percentile(lags, 50),
          percentile(lags, 95),
          percentile(reads, 50) - percentile(lags, 50),
          answered,
          reads.size());
      assertThat(answered).as("most are not passed on to the primary").isGreaterThan(75);
    }
  }

  private static long percentile(List<Long> nanos, int percent) {
    return nanos.stream().sorted().skip((long) nanos.size() * percent / 100).findFirst().orElse(0L)
        / 1000;
  }
}
