package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads from real standbys that stop, hang, lag and are promoted. */
@Tag("contract")
@Tag("newest")
class ReplicaFaultsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  /**
   * A read that hangs ends after two probes, each with its second; the rest is for a busy machine.
   */
  private static final Duration LONGEST_READ = Duration.ofSeconds(15);

  private PostgresDatabase.Own own;
  private PostgresStandby standby;

  /** The one that {@link #open} has registered. */
  private AgentId agent = AgentId.random();

  @BeforeEach
  void start() {
    own = PostgresDatabase.startOwn();
    standby = own.server().standby("replica_0");
  }

  @AfterEach
  void stop() {
    standby.close();
    own.close();
  }

  /** The faults of a server. */
  enum Fault {
    STOPPED,
    KILLED,
    HANGS;

    void begin(PostgresServer server) {
      switch (this) {
        case STOPPED -> server.stop();
        case KILLED -> server.kill();
        case HANGS -> server.pause();
      }
    }

    void end(PostgresServer server) {
      switch (this) {
        case STOPPED, KILLED -> server.restart();
        case HANGS -> server.resume();
      }
    }
  }

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

  @ParameterizedTest
  @EnumSource(Fault.class)
  @Tag("connections")
  void readsGoOnWhileAReplicaDoesNot(Fault fault) {
    try (PostgresStore store = open(config -> config.maxReplicaLag(Duration.ofSeconds(2)));
        Readers readers = new Readers(store)) {
      readers.awaitMore(50);
      fault.begin(standby.server());
      awaitState(store, 0, ReplicaState.AWAY);
      assertThat(store.notices())
          .singleElement()
          .asString()
          .contains(":" + standby.server().port() + "/", "(replica-0)", "(AWAY)", "SQLSTATE");
      readers.awaitMore(50);

      fault.end(standby.server());
      awaitState(store, 0, ReplicaState.FRESH);
      long before = stats(store, 0).reads();
      Awaitility.await().atMost(SOON).until(() -> stats(store, 0).reads() > before);
      assertThat(store.notices()).isEmpty();
      report("ReplicaReads replica=" + fault, 1, readers);
      assertThat(readers.failures()).isEmpty();
      assertThat(readers.slowest()).isLessThan(LONGEST_READ);
    }
  }

  @Test
  @Tag("connections")
  void aReplicaThatIsFarBehindIsNotReadFrom() {
    try (PostgresStore store = open(config -> config.maxReplicaLag(Duration.ofSeconds(1)))) {
      standby.pauseReplay();
      record(own.database(), "theirs");

      awaitState(store, 0, ReplicaState.STALE);

      assertThat(events(store)).contains("theirs");
      assertThat(stats(store, 0).lag().orElseThrow()).isGreaterThan(Duration.ofSeconds(1));
      assertThat(store.notices())
          .singleElement()
          .asString()
          .contains("(replica-0)", "STALE", "behind the primary");
      long before = stats(store, 0).reads();
      assertThat(events(store)).contains("theirs");
      assertThat(stats(store, 0).reads()).isEqualTo(before);

      standby.resumeReplay();
      awaitState(store, 0, ReplicaState.FRESH);
      int lost = events(store).contains("theirs") ? 0 : 1;
      Counts.report("ReplicaReads replica=FAR_BEHIND", new Tally(2, lost, 0, 0, Duration.ZERO), "");
      assertThat(lost).isZero();
      assertThat(stats(store, 0).reads()).isGreaterThan(before);
    }
  }

  @Test
  @Tag("connections")
  void aReplicaThatIsPromotedIsNotReadFrom() {
    try (PostgresStore store = open(config -> config);
        Readers readers = new Readers(store)) {
      readers.awaitMore(10);
      standby.promote();
      awaitState(store, 0, ReplicaState.NOT_FOLLOWING);
      assertThat(store.notices()).singleElement().asString().contains("replica-0", "promoted");

      store.sql().lifecycleEvents().record(event("ours"));

      assertThat(events(store)).contains("ours");
      readers.awaitMore(10);
      report("ReplicaReads replica=PROMOTED", 2, readers);
      assertThat(readers.failures()).isEmpty();
    }
  }

  /**
   * The replica received more of the old timeline than the server that is promoted, so that an LSN
   * alone would say that it has all that the new primary has.
   */
  @Test
  @Tag("connections")
  void aReplicaThatStaysOnAnOldTimelineIsNotReadFrom() {
    try (PostgresStandby next = own.server().standby("next")) {
      PostgresServer first = own.server();
      String hosts =
          "%s:%d,%s:%d"
              .formatted(first.host(), first.port(), next.server().host(), next.server().port());
      try (PostgresStore store =
          open(
              config ->
                  config.allRoles(
                      role -> role.jdbcUrl(withTarget(own.database(), first, hosts))))) {
        next.awaitReplayOf(first);
        next.disconnect();
        own.database()
            .execute(
                "SELECT pg_logical_emit_message(true, 'more', repeat('x', 1000))"
                    + " FROM generate_series(1, 5000)");
        standby.awaitReplayOf(first);
        long ahead = standby.position().lsn();
        first.kill();
        next.promote();

        Awaitility.await()
            .atMost(SOON)
            .ignoreExceptions()
            .until(() -> store.sql().lifecycleEvents().record(event("ours")));

        assertThat(PostgresStandby.positionOf(next.server()).lsn()).isLessThan(ahead);
        int stale = 0;
        for (int i = 0; i < 20; i++) {
          stale += events(store).contains("ours") ? 0 : 1;
        }
        Counts.report(
            "ReplicaReads replica=OLD_TIMELINE",
            new Tally(2, 0, 0, stale, Duration.ZERO),
            "reads=20");
        assertThat(stale).isZero();
        awaitState(store, 0, ReplicaState.NOT_FOLLOWING);
        assertThat(events(store)).contains("ours");
      }
    }
  }

  private static String withTarget(PostgresDatabase database, PostgresServer first, String hosts) {
    return database.config().jdbcUrl().replace(first.host() + ":" + first.port(), hosts)
        + "?targetServerType=primary";
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

  /** Reports that an event was recorded as often, and the reads that missed one. */
  private static void report(String what, int recorded, Readers readers) {
    Counts.report(
        what,
        new Tally(recorded, 0, 0, readers.failures().size(), readers.slowest()),
        "reads=" + readers.count());
  }

  private static long percentile(List<Long> nanos, int percent) {
    return nanos.stream().sorted().skip((long) nanos.size() * percent / 100).findFirst().orElse(0L)
        / 1000;
  }

  private static UnaryOperator<RoleConfig.Builder> at(PostgresStandby replica) {
    PostgresServer server = replica.server();
    return role -> role.host(server.host() + ":" + server.port()).connections(0, 4);
  }

  /** Opens a store with an agent, once all replicas are read from. */
  private PostgresStore open(UnaryOperator<PostgresConfig.Builder> change) {
    PostgresConfig config =
        change
            .apply(
                own.database().config().toBuilder()
                    .connections(0, 4)
                    .maxReplicaLag(Duration.ofMinutes(10))
                    .replica(at(standby)))
            .build();
    PostgresStore store = PostgresDatabase.open(config);
    agent = store.sql().agents().save(Agent.of("replicas", "one"), AgentStore.NONE).agent().id();
    for (int i = 0; i < config.replicas(); i++) {
      awaitState(store, i, ReplicaState.FRESH);
    }
    assertThat(events(store)).containsExactly(LifecycleEvent.REGISTERED);
    return store;
  }

  private static void awaitState(PostgresStore store, int replica, ReplicaState state) {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stats(store, replica).state()).isEqualTo(state));
  }

  private static ReplicaStats stats(PostgresStore store, int replica) {
    return store.pools().replicas().get(replica);
  }

  private List<String> events(PostgresStore store) {
    return events(store, 10);
  }

  private List<String> events(PostgresStore store, int limit) {
    return store.sql().oldReads().lifecycleEvents(agent, Optional.empty(), limit).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  private LifecycleEvent event(String type) {
    return LifecycleEvent.of(agent, type, Map.of(), Instant.now());
  }

  /** Records an event past the store. */
  private void record(PostgresDatabase database, String type) {
    database.execute(
        "INSERT INTO agents.lifecycle_events (event_id, agent_id, event_type, event_data)"
            + " VALUES (gen_random_uuid(), '"
            + agent
            + "', '"
            + type
            + "', '{}')");
  }

  /** Threads that read without a pause. */
  private final class Readers implements AutoCloseable {

    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicLong count = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    Readers(PostgresStore store) {
      for (int i = 0; i < 3; i++) {
        Thread thread = new Thread(() -> run(store), "reader-" + i);
        threads.add(thread);
        thread.start();
      }
    }

    private void run(PostgresStore store) {
      while (!closed.get()) {
        long began = System.nanoTime();
        try {
          assertThat(events(store)).contains(LifecycleEvent.REGISTERED);
          count.incrementAndGet();
        } catch (RuntimeException | Error e) {
          failures.add(e);
        }
        slowest.accumulateAndGet(System.nanoTime() - began, Math::max);
      }
    }

    void awaitMore(int reads) {
      long target = count.get() + reads;
      Awaitility.await().atMost(SOON).until(() -> count.get() >= target);
    }

    long count() {
      return count.get();
    }

    Duration slowest() {
      return Duration.ofNanos(slowest.get());
    }

    Queue<Throwable> failures() {
      return failures;
    }

    @Override
    public void close() {
      closed.set(true);
      threads.forEach(Readers::join);
    }

    private static void join(Thread thread) {
      try {
        thread.join(LONGEST_READ.toMillis() * 4);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
