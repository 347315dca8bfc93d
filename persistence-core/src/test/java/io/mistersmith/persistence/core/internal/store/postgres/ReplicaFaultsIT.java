package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads from real standbys that stop, hang, lag and are promoted. */
@Tag("contract")
@Tag("newest")
class ReplicaFaultsIT extends ReadsFromStandby {

  /**
   * A read that hangs ends after two probes, each with its second; the rest is for a busy machine.
   */
  private static final Duration LONGEST_READ = Duration.ofSeconds(15);

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

  /** Reports that an event was recorded as often, and the reads that missed one. */
  private static void report(String what, int recorded, Readers readers) {
    Counts.report(
        what,
        new Tally(recorded, 0, 0, readers.failures().size(), readers.slowest()),
        "reads=" + readers.count());
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
