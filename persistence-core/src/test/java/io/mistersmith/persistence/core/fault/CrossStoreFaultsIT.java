package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process commits a row in PostgreSQL and a change of an entry in KV until it comes to a
 * boundary. There it is killed or frozen, or one of the servers is. In the end both stores have the
 * change or neither has, nothing is prepared, and no change waits.
 */
@Tag("fault")
@Tag("sagas")
class CrossStoreFaultsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration DOWN = Duration.ofMillis(500);

  /** Longer than the lease of who prepares transactions. */
  private static final Duration FROZEN = Duration.ofSeconds(8);

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** What is done at the boundary. */
  enum Fault {
    PROCESS_KILLED,
    PROCESS_FROZEN,
    NATS_KILLED,
    NATS_FROZEN,
    POSTGRES_KILLED,
    POSTGRES_FROZEN
  }

  @TempDir private static Path directory;

  private static FaultServers servers;
  private static Installation installation;
  private static Persistence persistence;
  private static Optional<ChildJvm> alive = Optional.empty();
  private static final List<String> lines = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
    installation = servers.installation();
    installation.execute("CREATE TABLE public.crossed (number INT PRIMARY KEY)");
    persistence = Persistence.open(installation.config());
  }

  @AfterAll
  static void stop() {
    alive.ifPresent(ChildJvm::close);
    persistence.close();
    servers.close();
  }

  private static List<String> boundaries(Strategy strategy) {
    List<String> ofPut = List.of("before remove", "after remove");
    return strategy == Strategy.EVENTUAL_CONSISTENCY
        ? ofPut
        : Stream.concat(
                Stream.of(
                    "before prepare",
                    "after prepare",
                    "before commitPrepared",
                    "after commitPrepared"),
                ofPut.stream())
            .toList();
  }

  /** In each build some boundaries; in the table every one. */
  static Stream<Arguments> cells() {
    if (Repetitions.of(1, 0) == 0) {
      return Stream.of(
          Arguments.of(Fault.PROCESS_KILLED, Strategy.TWO_PHASE_COMMIT, "after prepare"),
          Arguments.of(Fault.PROCESS_KILLED, Strategy.TWO_PHASE_COMMIT, "after commitPrepared"),
          Arguments.of(Fault.PROCESS_FROZEN, Strategy.TWO_PHASE_COMMIT, "before commitPrepared"),
          Arguments.of(Fault.PROCESS_KILLED, Strategy.EVENTUAL_CONSISTENCY, "before remove"));
    }
    return Stream.of(Strategy.values())
        .flatMap(
            strategy ->
                boundaries(strategy).stream()
                    .flatMap(
                        boundary ->
                            Stream.of(Fault.values())
                                .map(fault -> Arguments.of(fault, strategy, boundary))));
  }

  private static ChildJvm child() {
    ChildJvm child =
        alive
            .filter(ChildJvm::isAlive)
            .orElseGet(
                () -> {
                  lines.clear();
                  ChildJvm started =
                      ChildJvm.start(
                          CrossStoreProcess.class,
                          installation.asArguments(List.of()),
                          Map.of(),
                          directory.resolve("crossing.log"));
                  ChildLines unused = ChildLines.read(started, lines::add);
                  awaitLine("ready");
                  return started;
                });
    alive = Optional.of(child);
    return child;
  }

  private static void awaitLine(String beginning) {
    await("a line " + beginning)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> lines.stream().anyMatch(line -> line.startsWith(beginning)));
  }

  /** Has the process run up to a boundary, once it is connected again after the cell before. */
  private static void reach(ChildJvm child, String command) {
    child.stdin().println(command);
    await("the boundary of " + command)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              if (end().isPresent()) {
                lines.clear();
                child.stdin().println(command);
              }
              return lines.stream().anyMatch(line -> line.startsWith("at "));
            });
  }

  private static Optional<String> end() {
    return lines.stream()
        .filter(line -> line.startsWith("committed") || line.startsWith("failed"))
        .findFirst();
  }

  @ParameterizedTest
  @MethodSource("cells")
  void bothStoresHaveTheChangeOrNeither(Fault fault, Strategy strategy, String boundary) {
    int number = NUMBERS.incrementAndGet();
    StateRepository<String> entries = persistence.states(CrossStoreProcess.ENTRIES);
    StateKey key =
        StateKey.of(CrossStoreProcess.owner(number), "entry")
            .withType(CrossStoreProcess.ENTRIES.name());
    await("this runtime is connected again after the cell before")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
        .until(() -> entries.save(key, "old"), Objects::nonNull);
    ChildJvm child = child();
    lines.clear();
    reach(child, "run " + strategy + " " + number + " " + boundary);
    boolean looked = persistence.crossStore().waiting(1).isEmpty(); // from now on it sweeps
    long began = System.nanoTime();
    make(fault, child);
    await("an end in both stores, %s, looked=%s".formatted(lines, looked))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(() -> isSettled(fault, number, entries, key));
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    boolean row = hasRow(number);
    boolean entry = hasNewValue(entries, key);
    Tally tally =
        row != entry
            ? Tally.ofSagas(0, 0, 0, 1, took)
            : row ? Tally.ofSagas(1, 0, 0, 0, took) : Tally.ofSagas(0, 1, 0, 0, took);
    servers.report("CrossStoreFaults " + fault + " " + strategy + " " + boundary, tally, "");
    assertThat(tally.isKept()).as("row %s, entry %s, %s", row, entry, lines).isTrue();
    end()
        .ifPresent(
            told -> {
              if (told.startsWith("committed")) {
                assertThat(row).as(told).isTrue();
              } else if (!told.equals("failed OUTCOME_UNKNOWN")) {
                assertThat(row).as(told).isFalse();
              }
            });
  }

  private static void make(Fault fault, ChildJvm child) {
    switch (fault) {
      case PROCESS_KILLED -> child.kill();
      case PROCESS_FROZEN -> {
        child.pause();
        child.stdin().println("go"); // it reads that when it is resumed
        Waits.passed(FROZEN);
        child.resume();
      }
      case NATS_KILLED -> {
        servers.nats().kill();
        child.stdin().println("go");
        Waits.passed(DOWN);
        servers.nats().restart();
      }
      case NATS_FROZEN -> {
        servers.nats().pause();
        child.stdin().println("go");
        Waits.passed(FROZEN);
        servers.nats().resume();
      }
      case POSTGRES_KILLED -> {
        servers.postgres().kill();
        child.stdin().println("go");
        Waits.passed(DOWN);
        servers.postgres().restart();
      }
      case POSTGRES_FROZEN -> {
        servers.postgres().pause();
        child.stdin().println("go");
        Waits.passed(FROZEN);
        servers.postgres().resume();
      }
    }
  }

  /** Nothing is left to be decided or done, and who lives has told. */
  private static boolean isSettled(
      Fault fault, int number, StateRepository<String> entries, StateKey key) {
    boolean nothingLeft =
        installation.query("SELECT gid FROM pg_prepared_xacts").isEmpty()
            && installation.query("SELECT owner FROM sagas.entry_writes").isEmpty();
    boolean told = fault == Fault.PROCESS_KILLED || end().isPresent();
    return nothingLeft && told && hasRow(number) == hasNewValue(entries, key);
  }

  private static boolean hasRow(int number) {
    return !installation
        .query("SELECT number FROM public.crossed WHERE number = " + number)
        .isEmpty();
  }

  private static boolean hasNewValue(StateRepository<String> entries, StateKey key) {
    return entries.find(key).orElseThrow().value().equals("new");
  }
}
