package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand threads share 25 connections: virtual threads from JDK 24 on, else threads of the
 * platform. A virtual thread that is pinned holds one of the few threads that carry them, and
 * callers that wait for a connection could then keep those that have one from giving it back.
 */
@Tag("fault")
@Tag("connections")
class ManyThreadsIT {

  private static final int THREADS = 1_000;
  private static final int CONNECTIONS = 25;
  private static final int ROUNDS = Repetitions.of(20, 1);
  private static final Duration SOON = Duration.ofMinutes(2);

  /** A thousand calls at once take their time on a busy machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Earlier virtual threads are pinned while they wait in synchronized code, of drivers too. */
  private static final int VIRTUAL_SINCE = 24;

  private static final String PINNED = "jdk.VirtualThreadPinned";
  private static final Duration LONG_PINNED = Duration.ofMillis(20);
  private static final TransactionOptions OPTIONS =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "write a row").timeout(SOON).build();

  @TempDir private Path directory;

  @Test
  void allAreServed() throws Exception {
    boolean virtual = Runtime.version().feature() >= VIRTUAL_SINCE;
    ExecutorService threads = virtual ? virtualThreads() : Executors.newFixedThreadPool(THREADS);
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    try {
      installation.execute(CommittingWriters.TABLE);
      try (Persistence persistence = Persistence.open(config(installation));
          Recording recording = new Recording()) {
        List<AgentId> agents = installation.register(persistence, 10);
        Caller caller = new Caller(persistence, agents, new Ledger());
        caller.rounds(0); // classes that are initialized pin a virtual thread
        recording.enable(PINNED).withThreshold(LONG_PINNED);
        recording.start();
        long began = System.nanoTime();
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 1; i <= THREADS; i++) {
          int number = i;
          ends.add(threads.submit(() -> caller.rounds(number)));
        }
        for (Future<?> end : ends) {
          awaitEnd(end);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        List<String> pinned = pinned(recording);
        Set<Long> missing = new HashSet<>(caller.committed);
        missing.removeAll(CommittingWriters.ids(installation));
        Tally tally =
            caller
                .ledger
                .settle(installation)
                .plus(
                    new Tally(
                        caller.committed.size(),
                        missing.size(),
                        0,
                        0,
                        caller.committedGaps.longest()));
        servers.report(
            "ManyThreads",
            tally,
            "threads=%d kind=%s connections=%d committed=%d calls_per_s=%d pinned=%d jdk=%d"
                .formatted(
                    THREADS,
                    virtual ? "virtual" : "platform (virtual ones need JDK " + VIRTUAL_SINCE + ")",
                    CONNECTIONS,
                    caller.committed.size(),
                    2L * THREADS * ROUNDS * 1_000 / took.toMillis(),
                    pinned.size(),
                    Runtime.version().feature()));
        caller.ledger.assertKept(installation);
        assertThat(tally.isKept()).as("rows: %s", tally).isTrue();
        assertThat(caller.committed).hasSize((THREADS + 1) * ROUNDS);
        assertThat(pinned).as("virtual threads that were pinned").isEmpty();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Returns where virtual threads were pinned; on a JDK without them nowhere. */
  private List<String> pinned(Recording recording) throws IOException {
    recording.stop();
    Path file = directory.resolve("pinned.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(PINNED))
        .map(RecordedEvent::toString)
        .toList();
  }

  private static void awaitEnd(Future<?> end) throws InterruptedException, ExecutionException {
    try {
      Object unused = end.get(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("a thread starves", e);
    }
  }

  /** By reflection, since the build targets Java 17. */
  private static ExecutorService virtualThreads() throws ReflectiveOperationException {
    return (ExecutorService)
        Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
  }

  private static PersistenceConfig config(Installation installation) {
    PersistenceConfig config = installation.config();
    return config.toBuilder()
        .nats(config.nats().toBuilder().requestTimeout(PATIENCE).build())
        .postgres(
            config.postgres().toBuilder()
                .role(
                    PostgresRole.PRIMARY,
                    callers -> callers.connections(1, CONNECTIONS).acquireTimeout(SOON))
                .build())
        .build();
  }

  /** What each thread does: it saves state, reads it, and commits a row. */
  private static final class Caller {

    private final Persistence persistence;
    private final StateRepository<Long> states;
    private final List<AgentId> agents;
    private final Ledger ledger;
    private final Set<Long> committed = ConcurrentHashMap.newKeySet();
    private final Gaps committedGaps = new Gaps();

    Caller(Persistence persistence, List<AgentId> agents, Ledger ledger) {
      this.persistence = persistence;
      this.states = persistence.states(Long.class);
      this.agents = agents;
      this.ledger = ledger;
    }

    void rounds(int thread) {
      for (int round = 0; round < ROUNDS; round++) {
        call(thread, round);
      }
    }

    private void call(int thread, int round) {
      StateKey key = StateKey.of(agents.get(thread % agents.size()), "t" + thread);
      ledger.acknowledged(key, states.save(key, (long) round).revision(), round);
      long read = states.find(key).orElseThrow().value();
      if (read != round) {
        ledger.stale(key + ": wrote " + round + ", read " + read);
      }
      long id = (long) thread * ROUNDS + round;
      persistence
          .transactions()
          .execute(
              OPTIONS,
              tx -> {
                int unused = tx.update("INSERT INTO committed (id) VALUES (:id)", Map.of("id", id));
              });
      committed.add(id);
      committedGaps.acknowledged();
    }
  }
}
