package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.BreakerChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Servers that are killed, paused, locked and damaged, as the breakers and the callers see it. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoreGuardIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String HOT = "AGENT_STATE";
  private static final String CALLERS = "PRIMARY";

  private final FaultServers servers = FaultServers.start();
  private final List<BreakerChanged> changes = new CopyOnWriteArrayList<>();
  private Ledger ledger = new Ledger();

  @AfterAll
  void close() {
    servers.close();
  }

  @BeforeEach
  void forget() {
    ledger = new Ledger();
  }

  private Persistence open(Installation installation) {
    PersistenceConfig config = installation.config();
    return Persistence.open(
        config.toBuilder()
            .cache(CacheConfig.off())
            .nats(
                NatsConfig.builder(installation.natsUrl())
                    .namePrefix(installation.namePrefix())
                    .requestTimeout(Duration.ofMillis(500))
                    .build())
            .postgres(
                PostgresConfig.builder(installation.jdbcUrl(), installation.user())
                    .connections(1, 4)
                    .acquireTimeout(Duration.ofSeconds(1))
                    .statementTimeout(Duration.ofSeconds(1))
                    .build())
            .listener(PersistenceListener.of(BreakerChanged.class, changes::add))
            .build());
  }

  @Test
  @Tag("connections")
  void natsIsKilledAndComesBack() {
    hotOutage(servers.nats()::kill, servers.nats()::restart, "NatsKilled");
  }

  @Test
  @Tag("connections")
  void natsIsPausedAndGoesOn() {
    hotOutage(servers.nats()::pause, servers.nats()::resume, "NatsPaused");
  }

  private void hotOutage(Runnable stop, Runnable go, String name) {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent, "a");
      StateKey missing = StateKey.of(agent, "missing"); // PostgreSQL has no row to answer with
      save(states, key, 1);
      changes.clear();
      Set<DataError> met = EnumSet.noneOf(DataError.class);
      stop.run();
      try {
        await()
            .atMost(SOON)
            .until(() -> isKeptOut(persistence, HOT, met, () -> states.find(missing)));
        assertThat(met)
            .isSubsetOf(DataError.CONNECTION_FAILED, DataError.TIMEOUT, DataError.UNAVAILABLE);
        assertThat(
                persistence
                    .guard()
                    .call(
                        "find", () -> states.find(missing).isEmpty() ? 1L : 2L, Fallback.value(0L))
                    .value())
            .isZero();
      } finally {
        go.run();
      }
      long back = System.nanoTime();
      await().atMost(SOON).until(() -> passes(() -> save(states, key, 2)));
      Duration gap = Duration.ofNanos(System.nanoTime() - back);
      await()
          .atMost(SOON)
          .until(() -> passes(() -> states.find(key)) && isClosed(persistence, HOT));
      assertThat(states.find(key).orElseThrow().value()).isEqualTo(2L);
      assertThat(of(HOT)).startsWith(State.OPEN, State.HALF_OPEN).endsWith(State.CLOSED);
      assertThat(of(CALLERS)).as("PostgreSQL ran all the time").isEmpty();
      settle(installation, name, gap, "changes=" + of(HOT));
    }
  }

  @Test
  @Tag("connections")
  void postgresIsKilledAndComesBack() {
    durableOutage(servers.postgres()::kill, servers.postgres()::restart, "PostgresKilled");
  }

  @Test
  @Tag("connections")
  void postgresIsPausedAndGoesOn() {
    durableOutage(servers.postgres()::pause, servers.postgres()::resume, "PostgresPaused");
  }

  private void durableOutage(Runnable stop, Runnable go, String name) {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent, "a");
      changes.clear();
      Set<DataError> met = EnumSet.noneOf(DataError.class);
      Revision saved;
      stop.run();
      try {
        await()
            .atMost(SOON)
            .until(
                () ->
                    isKeptOut(
                        persistence, CALLERS, met, () -> persistence.checkpoints().list(agent)));
        saved = save(states, key, 1);
      } finally {
        go.run();
      }
      long back = System.nanoTime();
      states.awaitDurable(key, saved, SOON);
      await().atMost(SOON).until(() -> passes(() -> persistence.checkpoints().list(agent)));
      Duration gap = Duration.ofNanos(System.nanoTime() - back);
      await()
          .atMost(SOON)
          .until(
              () ->
                  passes(() -> persistence.checkpoints().list(agent))
                      && isClosed(persistence, CALLERS));
      assertThat(of(CALLERS)).startsWith(State.OPEN, State.HALF_OPEN).endsWith(State.CLOSED);
      assertThat(of(HOT)).as("NATS ran all the time").isEmpty();
      settle(installation, name, gap, "met=" + met);
    }
  }

  private Revision save(StateRepository<Long> states, StateKey key, long number) {
    Revision revision = states.save(key, number).revision();
    ledger.acknowledged(key, revision, number);
    return revision;
  }

  private void settle(Installation installation, String name, Duration outage, String more) {
    servers.report(name, ledger.settle(installation).withOutage(outage), more);
    ledger.assertKept(installation);
  }

  /** The flush has connections of its own, and no breaker that callers could open. */
  @Test
  @Tag("connections")
  void theFlushGoesOnWhileCallersRunIntoALock() throws Exception {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation);
        Connection other =
            DriverManager.getConnection(installation.jdbcUrl(), installation.user(), null);
        Statement lock = other.createStatement()) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent, "a");
      Set<DataError> met = EnumSet.noneOf(DataError.class);
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE agents.checkpoints");
      await()
          .atMost(SOON)
          .until(
              () ->
                  isKeptOut(
                      persistence, CALLERS, met, () -> persistence.checkpoints().list(agent)));
      assertThat(met).isSubsetOf(DataError.TIMEOUT, DataError.UNAVAILABLE);
      for (long i = 0; i < 20; i++) {
        states.awaitDurable(key, save(states, key, i), SOON);
      }
      Duration longest = ledger.gaps().longest();
      other.rollback();
      await()
          .atMost(SOON)
          .until(
              () ->
                  passes(() -> persistence.checkpoints().list(agent))
                      && isClosed(persistence, CALLERS));
      settle(installation, "CallersLocked", longest, "met=" + met);
    }
  }

  /** The server reports the damage when it reads the page; a copy of the database is sacrificed. */
  @Test
  void aDamagedTableNeedsAnOperator() throws Exception {
    Installation installation = servers.installation();
    Agent agent = Agent.of("fault", "damaged");
    try (Persistence persistence = open(installation)) {
      persistence.agents().save(agent);
    }
    String file = installation.query("SELECT pg_relation_filepath('agents.registry')").get(0);
    installation.execute("CHECKPOINT");
    servers.postgres().stop();
    damage(servers.postgres().dataDirectory().resolve(file));
    servers.postgres().restart();
    try (Persistence persistence = open(installation)) {
      PersistenceException found =
          catchThrowableOfType(PersistenceException.class, () -> persistence.agents().save(agent));
      assertThat(found.error()).isEqualTo(DataError.DATA_CORRUPTION);
      assertThat(found.isTransient()).isFalse();
      assertThat(found).hasMessageContaining("SQLSTATE XX00");
      assertThat(persistence.guard().escalations())
          .anySatisfy(
              escalation -> {
                assertThat(escalation.error()).isEqualTo(DataError.DATA_CORRUPTION);
                assertThat(escalation.operation()).startsWith("AgentStore.");
              });
      assertThat(persistence.operations().notices())
          .anyMatch(notice -> notice.contains("DATA_CORRUPTION"));
      assertThat(isClosed(persistence, CALLERS)).as("the server answers").isTrue();
    }
  }

  private static void damage(Path file) throws IOException {
    try (RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] noise = new byte[512];
      Arrays.fill(noise, (byte) 0xA5);
      for (long page = 0; page < pages.length(); page += 8192) {
        pages.seek(page);
        pages.write(noise);
      }
    }
  }

  private static boolean isKeptOut(
      Persistence persistence, String role, Set<DataError> met, Runnable call) {
    PersistenceException failure = catchThrowableOfType(PersistenceException.class, call::run);
    if (failure != null) {
      met.add(failure.error());
    }
    return state(persistence, role) == State.OPEN;
  }

  private static boolean passes(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      assertThat(e.isTransient()).as(e.getMessage()).isTrue();
      return false;
    }
  }

  private static boolean isClosed(Persistence persistence, String role) {
    return state(persistence, role) == State.CLOSED;
  }

  private static State state(Persistence persistence, String role) {
    return persistence.guard().breakers().stream()
        .filter(breaker -> breaker.role().equals(role))
        .map(Breaker::state)
        .findFirst()
        .orElseThrow();
  }

  private List<State> of(String role) {
    return changes.stream()
        .filter(change -> change.role().equals(role))
        .map(BreakerChanged::to)
        .toList();
  }
}
