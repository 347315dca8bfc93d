package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.fault.SagaLedger.Started;
import io.mistersmith.persistence.core.fault.SagaLedger.Way;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.saga.SagaRun.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process runs a saga of five steps until it comes to a boundary: right before or right after it
 * appends a row to the log. There it is killed or frozen, or one of the servers is, while another
 * process looks for sagas too. In the end the saga is wholly done or wholly undone, or listed.
 */
@Tag("fault")
@Tag("sagas")
class SagaFaultsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** 5 seconds, and what a busy machine adds in a build. */
  private static final Duration TAKEOVER = Duration.ofSeconds(Repetitions.of(5, 20));

  /** Longer than a runner's lease. */
  private static final Duration FROZEN = SagaRunnerProcess.OPTIONS.lease().multipliedBy(2);

  private static final Duration DOWN = Duration.ofMillis(500);

  private static final String OWNED =
      "SELECT saga_id FROM sagas.open WHERE holder IS NOT NULL ORDER BY saga_id";

  /** What is done at the boundary. */
  enum Fault {
    RUNNER_KILLED,
    RUNNER_FROZEN,
    /** So that the others compensate it, and the frozen one goes on with its action after that. */
    RUNNER_FROZEN_AND_SAGA_CANCELLED,
    NATS_KILLED,
    NATS_FROZEN,
    POSTGRES_KILLED,
    POSTGRES_FROZEN,
    /** The runner is killed, and PostgreSQL when another one has claimed the saga. */
    POSTGRES_KILLED_IN_RECOVERY;

    boolean isOfServers() {
      return name().startsWith("NATS") || name().startsWith("POSTGRES");
    }
  }

  @TempDir private static Path directory;

  private static FaultServers servers;
  private static Installation installation;
  private static SagaParticipant participant;
  private static SagaLedger ledger;
  private static final List<SagaRunnerChild> children = new ArrayList<>();

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
    installation = servers.installation();
    participant = SagaParticipant.start();
    ledger =
        new SagaLedger(
            installation,
            participant,
            new TripSagas(participant.port(), SagaRunnerProcess.ATTEMPTS));
  }

  @AfterAll
  static void stop() {
    children.forEach(SagaRunnerChild::close);
    ledger.close();
    participant.close();
    servers.close();
  }

  /** In each build some boundaries; in the table every one. */
  static Stream<Arguments> cells() {
    if (Repetitions.of(1, 0) == 0) {
      return Stream.of(
          Arguments.of(Fault.RUNNER_KILLED, Way.DONE, "before DONE note"),
          Arguments.of(Fault.RUNNER_FROZEN_AND_SAGA_CANCELLED, Way.DONE, "after BEGUN note"),
          Arguments.of(Fault.POSTGRES_KILLED, Way.UNDONE, "before UNDONE note"));
    }
    return Stream.of(Way.values()).flatMap(SagaFaultsIT::cellsOf);
  }

  private static Stream<Arguments> cellsOf(Way way) {
    List<String> boundaries = boundaries(way);
    return Stream.of(Fault.values())
        .filter(fault -> way == Way.DONE || fault != Fault.RUNNER_FROZEN_AND_SAGA_CANCELLED)
        .flatMap(
            fault ->
                boundaries.stream()
                    .filter(name -> !fault.isOfServers() || name.startsWith("before"))
                    .map(name -> Arguments.of(fault, way, name)));
  }

  /**
   * Returns the boundaries that a run without faults passes; of one that is undone, behind that.
   */
  private static List<String> boundaries(Way way) {
    SagaRunnerChild child = free(0);
    Started saga = ledger.start(way);
    child.run(SagaStops.NONE);
    ledger.awaitOver(List.of(saga), PATIENCE);
    child.closeRunner();
    return child.passed().stream()
        .filter(name -> !name.equals(SagaStops.AFTER_CLAIM) && !name.endsWith("Rest"))
        .dropWhile(name -> way != Way.DONE && !name.contains("COMPENSATING"))
        .toList();
  }

  /** Returns a process without a runner. */
  private static SagaRunnerChild free(int number) {
    children.removeIf(child -> !child.isAlive());
    while (children.size() <= number) {
      children.add(
          SagaRunnerChild.start(
              installation, participant.port(), directory.resolve("runners.log")));
    }
    return children.get(number);
  }

  @ParameterizedTest
  @MethodSource("cells")
  void aSagaIsDoneOrUndone(Fault fault, Way way, String boundary) {
    SagaRunnerChild second = free(1);
    SagaRunnerChild first = free(0);
    boolean isOver = false;
    try {
      make(fault, way, boundary, first, second);
      isOver = true;
    } finally {
      if (!isOver) {
        List.of(first, second).forEach(SagaRunnerChild::close);
      }
    }
  }

  private static void make(
      Fault fault, Way way, String boundary, SagaRunnerChild first, SagaRunnerChild second) {
    Started saga = ledger.start(way);
    List<Started> sagas = List.of(saga);
    first.run(boundary);
    first.awaitStop();
    List<UUID> owned = installation.query(OWNED).stream().map(UUID::fromString).toList();
    boolean inRecovery = fault == Fault.POSTGRES_KILLED_IN_RECOVERY;
    second.run(inRecovery && !owned.isEmpty() ? SagaStops.AFTER_CLAIM : SagaStops.NONE);
    long began = System.nanoTime();
    boolean cancelled = false;
    switch (fault) {
      case RUNNER_KILLED -> first.kill();
      case RUNNER_FROZEN -> freeze(first, sagas);
      case RUNNER_FROZEN_AND_SAGA_CANCELLED -> {
        first.pause();
        cancelled = ledger.persistence().sagas().cancel(saga.run(), "not needed any more");
        goOnLate(first, sagas);
      }
      case NATS_KILLED -> {
        servers.nats().kill();
        first.go();
        Waits.passed(DOWN);
        servers.nats().restart();
      }
      case NATS_FROZEN -> {
        servers.nats().pause();
        first.go();
        Waits.passed(FROZEN);
        servers.nats().resume();
      }
      case POSTGRES_KILLED -> {
        servers.postgres().kill();
        first.go();
        Waits.passed(DOWN);
        servers.postgres().restart();
      }
      case POSTGRES_FROZEN -> {
        servers.postgres().pause();
        first.go();
        Waits.passed(FROZEN);
        servers.postgres().resume();
      }
      case POSTGRES_KILLED_IN_RECOVERY -> {
        first.kill();
        if (!owned.isEmpty()) {
          second.awaitStop();
        }
        servers.postgres().kill();
        second.go();
        Waits.passed(DOWN);
        servers.postgres().restart();
      }
    }
    Duration takeover =
        fault == Fault.RUNNER_KILLED ? takeover(owned, second, began) : Duration.ZERO;
    ledger.awaitOver(sagas, PATIENCE);
    if (first.isAlive()) {
      first.closeRunner();
    }
    second.closeRunner();
    Tally tally = ledger.judge(sagas, takeover);
    servers.report("SagaFaults " + fault + " " + way + " " + boundary, tally, "");
    assertThat(tally.isKept()).as("half done: %s", ledger.problems()).isTrue();
    State expected = way == Way.DONE && !cancelled ? State.COMPLETED : State.COMPENSATED;
    if (!fault.isOfServers()) {
      assertThat(ledger.find(saga).state()).as("log %s", ledger.log(saga)).isEqualTo(expected);
    }
    assertThat(ledger.find(saga).state().isStopped()).as("log %s", ledger.log(saga)).isFalse();
    assertThat(takeover).as("until others go on").isLessThan(TAKEOVER);
    installation.assertNothingWentBack();
  }

  private static void freeze(SagaRunnerChild runner, List<Started> sagas) {
    runner.pause();
    goOnLate(runner, sagas);
  }

  /** Lets a frozen runner go on from its boundary once others have ended the sagas. */
  private static void goOnLate(SagaRunnerChild frozen, List<Started> sagas) {
    frozen.go(); // it reads that when it is resumed
    long end = System.nanoTime() + FROZEN.multipliedBy(3).toNanos();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(
            () ->
                System.nanoTime() - end > 0
                    || sagas.stream().allMatch(saga -> ledger.isOver(saga.run())));
    frozen.resume();
  }

  /** Returns how long it took until what the dead runner owned was claimed. */
  private static Duration takeover(List<UUID> owned, SagaRunnerChild other, long killed) {
    Duration longest = Duration.ZERO;
    for (UUID run : owned) {
      Optional<Long> at =
          await()
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(10))
              .until(
                  () -> ledger.isOver(run) ? Optional.of(killed) : other.claimed(run),
                  Optional::isPresent);
      Duration took = Duration.ofNanos(at.orElseThrow() - killed);
      longest = took.compareTo(longest) > 0 ? took : longest;
    }
    return longest;
  }
}
