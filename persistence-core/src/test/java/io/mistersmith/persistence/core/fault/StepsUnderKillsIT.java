package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Steps of several keys are written while the process that writes and flushes them, nats-server and
 * PostgreSQL are killed with SIGKILL at random moments: nobody ever sees a part of a step.
 */
@Tag("fault")
@Tag("logs")
class StepsUnderKillsIT {

  private static final int KILLS = Repetitions.of(25, 1);
  private static final int AGENTS = 2;

  /** Each process's numbers are above those of the one before it. */
  private static final long NUMBERS = 1_000_000;

  @TempDir Path directory;

  private final Map<AgentId, Long> acknowledged = new ConcurrentHashMap<>();

  private enum Victim {
    /** The process that writes the steps and flushes them. */
    WRITER,
    /** nats-server. */
    NATS,
    /** PostgreSQL. */
    POSTGRES
  }

  @ParameterizedTest
  @EnumSource
  void nobodySeesAPartOfAStep(Victim victim) throws IOException {
    Random random = new Random(Long.getLong("persistence.test.seed", System.nanoTime()));
    Faults faults = new Faults(1);
    if (victim == Victim.WRITER) {
      // The lease is never this process's, so that it is the writer that flushes.
      faults.on(Call.LEASE).loseRequests(1);
    }
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence =
          Persistence.open(
              installation.config(), new FaultyStores(RealStores.provider(), faults))) {
        List<AgentId> agents = installation.register(persistence, AGENTS);
        String counts;
        try (StepObservers observers = new StepObservers(installation, persistence, agents)) {
          ChildJvm writer = start(installation, agents, 0);
          try {
            for (int kill = 1; kill <= KILLS; kill++) {
              Map<AgentId, Long> before = Map.copyOf(acknowledged);
              await()
                  .atMost(Duration.ofSeconds(60))
                  .until(
                      () ->
                          agents.stream()
                              .allMatch(
                                  agent ->
                                      acknowledged.getOrDefault(agent, 0L)
                                          > before.getOrDefault(agent, 0L)));
              pause(random.nextInt(300));
              switch (victim) {
                case WRITER -> {
                  writer.kill();
                  writer.close();
                  writer = start(installation, agents, kill * NUMBERS);
                }
                case NATS -> {
                  servers.nats().kill();
                  servers.nats().restart();
                }
                case POSTGRES -> {
                  servers.postgres().kill();
                  pause(random.nextInt(2_000));
                  servers.postgres().restart();
                }
              }
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> observers.haveLooked(3));
          } finally {
            faults.clear();
            writer.close();
          }
          await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertDurable(installation));
          assertThat(observers.torn()).as("parts of steps").isEmpty();
          counts = observers.counts();
        }
        assertThat(persistence.operations().deadLetters().count()).isZero();
        installation.assertNothingWentBack();
        servers.report(
            "StepsUnderKills",
            "victim=%s kills=%d steps=%s lost=0 %s"
                .formatted(
                    victim,
                    KILLS,
                    acknowledged.values().stream().map(n -> n % NUMBERS).toList(),
                    counts));
      }
    }
  }

  /** Each key of an agent has the number of its last acknowledged step, or a later one. */
  private void assertDurable(Installation installation) {
    Map<AgentId, List<Long>> rows =
        installation.rows().entrySet().stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.getKey().agent(),
                    Collectors.mapping(row -> row.getValue().number(), Collectors.toList())));
    acknowledged.forEach(
        (agent, number) ->
            assertThat(rows.get(agent))
                .hasSize(StepWriter.KEYS)
                .allSatisfy(found -> assertThat(found).isGreaterThanOrEqualTo(number)));
  }

  private static void pause(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() >= end);
  }

  private ChildJvm start(Installation installation, List<AgentId> agents, long first)
      throws IOException {
    ChildJvm writer =
        ChildJvm.start(
            StepProcess.class,
            installation.asArguments(
                List.of(
                    Long.toString(first),
                    agents.stream().map(AgentId::toString).collect(Collectors.joining(",")))),
            Map.of(),
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
            directory.resolve("writers.log"));
    BufferedReader lines = writer.stdout();
    assertThat(lines.readLine()).isEqualTo("ready");
    Thread reading = new Thread(() -> readAcknowledgements(lines, new ArrayList<>(agents)));
    reading.setDaemon(true);
    reading.start();
    writer.stdin().println("go");
    return writer;
  }

  private void readAcknowledgements(BufferedReader lines, List<AgentId> agents) {
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.endsWith(";")) {
          int blank = line.indexOf(' ');
          acknowledged.merge(
              agents.get(Integer.parseInt(line.substring(0, blank))),
              Long.parseLong(line.substring(blank + 1, line.length() - 1)),
              Math::max);
        }
      }
    } catch (IOException e) {
      if (acknowledged.isEmpty()) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
