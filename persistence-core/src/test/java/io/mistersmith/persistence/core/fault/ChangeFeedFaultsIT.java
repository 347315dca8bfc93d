package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ChangeFeedConfig;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs change state and tasks while what brings the changes to NATS is killed, frozen or held
 * up. In the end the streams have each committed change once, and those of a key in the order of
 * their commits.
 */
@Tag("fault")
@Tag("events")
class ChangeFeedFaultsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int WRITERS = 6;

  /** 5 seconds, and what a busy machine adds in a build. */
  private static final Duration TAKEOVER = Duration.ofSeconds(Repetitions.of(5, 20));

  private static final Duration WINDOW = Duration.ofSeconds(2);

  /** Four segments of 16 MB, and what is written until they are looked at. */
  private static final long MOST_BYTES = 128L * 1024 * 1024;

  /** Rows of transactions that were rolled back are dead until their segment is truncated. */
  private static final String OUTBOX =
      """
      SELECT format('updated_or_deleted=%s dead_rows=%s',
                    sum(n_tup_upd + n_tup_del), sum(n_dead_tup))
        FROM pg_stat_user_tables WHERE schemaname = 'events'
      """;

  private static final String HOLDER =
      "SELECT holder FROM agents.journal_leases WHERE bucket = 'change-feed'"
          + " AND expires_at > clock_timestamp()";

  private static final String MANY =
      """
      INSERT INTO agents.state (agent_id, state_key, state_value, version)
      SELECT agent_id, '_.many' || i, to_jsonb(i), nextval('audit.versions')
        FROM (SELECT agent_id FROM agents.registry LIMIT 1) AS a,
             generate_series(1, %d) AS i
      ON CONFLICT (agent_id, state_key) DO UPDATE
         SET state_value = excluded.state_value, version = excluded.version
      """;

  /** What is done. */
  enum Fault {
    RELAY_KILLED,
    RELAY_PAUSED,
    NATS_KILLED,
    POSTGRES_KILLED,
    TRANSACTION_LEFT_OPEN,
    COMMITS_OUT_OF_ORDER,
    DOWN_PAST_THE_WINDOW
  }

  private static FaultServers servers;

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // set by each test before its relays start
  private StreamStore streams;

  private Duration takeover = Duration.ZERO;
  private final List<ChildJvm> relays = new ArrayList<>();

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  /** In each build, one of each kind: a relay, a server, the order of commits. */
  private static List<Fault> faults() {
    return Repetitions.choice(
        List.of(Fault.values()),
        List.of(Fault.RELAY_KILLED, Fault.POSTGRES_KILLED, Fault.COMMITS_OUT_OF_ORDER));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void eachCommittedChangeIsInTheStreamOnce(Fault fault) throws Exception {
    Installation installation = servers.installation(servers.nats().url(), "events");
    ChangeAudit audit = new ChangeAudit(installation.jdbcUrl(), installation.user());
    audit.record();
    try (Persistence persistence = RelayProcess.open(installation, ChangeFeedConfig.off());
        Stores stores = RealStores.provider().open(installation.config())) {
      streams = stores.hot().streams();
      applyPlans(fault == Fault.DOWN_PAST_THE_WINDOW);
      List<AgentId> agents = installation.register(persistence, 8);
      relays.add(startRelay(installation));
      relays.add(startRelay(installation));
      long seed = Long.getLong("persistence.test.seed", System.nanoTime());
      Duration behind;
      try (ChangeWriters writers = ChangeWriters.start(installation, agents, WRITERS, seed)) {
        awaitCommitted(audit, 100);
        make(fault, installation, persistence, audit, writers);
      }
      behind = awaitPublished(persistence);
      Tally tally = audit.compare(installation.natsUrl(), installation.namePrefix(), behind);
      List<String> outbox = installation.query(OUTBOX);
      long bytes = persistence.changes().lag().bytes();
      servers.report(
          "ChangeFeedFaults " + fault,
          tally,
          "takeover_ms=%d outbox_bytes=%d %s seed=%d"
              .formatted(takeover.toMillis(), bytes, outbox.get(0), seed));
      assertThat(tally.isKept()).as("kept: %s %s", tally, audit.problems()).isTrue();
      assertThat(outbox.get(0)).as("rows of the outbox").startsWith("updated_or_deleted=0 ");
      assertThat(bytes).as("bytes of the outbox").isLessThan(MOST_BYTES);
      assertThat(takeover).as("time without a relay").isLessThan(TAKEOVER);
    } finally {
      relays.forEach(ChildJvm::close);
    }
  }

  /** Streams that keep all that a cell publishes. */
  private void applyPlans(boolean shortWindow) {
    for (StreamPlan plan : List.of(StreamPlan.agentState(), StreamPlan.taskExecution())) {
      StreamPlan.Builder all = plan.toBuilder().maxAge(Duration.ofHours(2));
      var unused = streams.apply((shortWindow ? all.duplicateWindow(WINDOW) : all).build());
    }
  }

  private ChildJvm startRelay(Installation installation) throws IOException {
    Path log = directory.resolve("relay.log");
    ChildJvm child =
        ChildJvm.start(RelayProcess.class, installation.asArguments(List.of()), Map.of(), log);
    assertThat(child.stdout().readLine())
        .as(() -> "first line of a relay, whose log is " + read(log))
        .isEqualTo("ready");
    return child;
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void make(
      Fault fault,
      Installation installation,
      Persistence persistence,
      ChangeAudit audit,
      ChangeWriters writers)
      throws Exception {
    int rounds = Repetitions.of(15, 1);
    switch (fault) {
      case TRANSACTION_LEFT_OPEN -> leaveOpen(installation, persistence);
      case COMMITS_OUT_OF_ORDER -> {
        writers.pauseUpTo(200);
        awaitCommitted(audit, audit.committed() + Repetitions.of(20_000, 150));
      }
      case DOWN_PAST_THE_WINDOW -> {
        for (int i = 0; i < Repetitions.of(5, 1); i++) {
          killInTheMiddleOfABatch(installation);
        }
      }
      default -> {
        for (int i = 0; i < rounds; i++) {
          once(fault, installation);
          awaitCommitted(audit, audit.committed() + 200);
        }
      }
    }
  }

  private void once(Fault fault, Installation installation) throws IOException {
    switch (fault) {
      case RELAY_KILLED -> killAndWatch(installation);
      case RELAY_PAUSED -> {
        ChildJvm relay = relays.get(publishing(installation));
        relay.pause();
        elapse(RelayProcess.LEASE.multipliedBy(3));
        relay.resume();
      }
      case NATS_KILLED -> {
        servers.nats().kill();
        elapse(Duration.ofMillis(500));
        servers.nats().restart();
      }
      default -> {
        servers.postgres().kill();
        elapse(Duration.ofMillis(500));
        servers.postgres().restart();
      }
    }
  }

  /** Returns the index of the relay that publishes. */
  private int publishing(Installation installation) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> index(installation.query(HOLDER).get(0)), index -> index >= 0);
  }

  private int index(String holder) {
    for (int i = 0; i < relays.size(); i++) {
      if (holder.startsWith("runtime-" + relays.get(i).pid() + "-")) {
        return i;
      }
    }
    return -1;
  }

  /** Kills the relay that publishes, and measures how long it takes until the other one does. */
  private void killAndWatch(Installation installation) throws IOException {
    int which = publishing(installation);
    relays.get(which).kill();
    long start = System.nanoTime();
    int other =
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .until(() -> publishing(installation), found -> found != which);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    takeover = took.compareTo(takeover) > 0 ? took : takeover;
    assertThat(other).isNotEqualTo(which);
    relays.set(which, startRelay(installation));
  }

  private void kill(int which, Installation installation, Duration down) throws IOException {
    relays.get(which).kill();
    elapse(down);
    relays.set(which, startRelay(installation));
  }

  /** Kills the only relay while a large transaction is published, and starts it again later. */
  private void killInTheMiddleOfABatch(Installation installation) throws IOException {
    relays.get(1).close();
    int publishing = publishing(installation);
    long before = lastSequence();
    installation.execute(MANY.formatted(Repetitions.of(30_000, 5_000)));
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> lastSequence() > before + 1_000);
    kill(publishing, installation, WINDOW.multipliedBy(2));
  }

  private long lastSequence() {
    return streams.find("AGENT_STATE").orElseThrow().lastSequence();
  }

  /**
   * The stream keeps up with all others while a transaction is open that has written, too. A reader
   * that waited for it would have changes that are as old as it is.
   */
  private static void leaveOpen(Installation installation, Persistence persistence)
      throws SQLException {
    try (Connection connection = installation.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(MANY.formatted(10).replace("many", "open"));
      long start = System.nanoTime();
      elapse(Duration.ofSeconds(Repetitions.of(600, 5)));
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                Duration oldest = persistence.changes().lag().oldest();
                return oldest.multipliedBy(2).toNanos() < System.nanoTime() - start;
              });
      assertThat(persistence.changes().lag().bytes()).isLessThan(MOST_BYTES);
      connection.commit();
    }
  }

  private static void awaitCommitted(ChangeAudit audit, long count) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> audit.committed() >= count);
  }

  /** Returns how long it took until all was published. */
  private static Duration awaitPublished(Persistence persistence) {
    long start = System.nanoTime();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(PersistenceException.class)
        .until(() -> persistence.changes().lag().changes() == 0);
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static void elapse(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    await().atMost(time.plus(PATIENCE)).until(() -> System.nanoTime() - end > 0);
  }
}
