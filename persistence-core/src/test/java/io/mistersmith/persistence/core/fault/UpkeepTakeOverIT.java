package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.operations.Upkeep.Job;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runtime that does the upkeep for all is killed, and another one goes on. */
class UpkeepTakeOverIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration PROMISED = Duration.ofSeconds(30);

  private static final String HOLDER =
      "SELECT holder FROM agents.journal_leases WHERE bucket = 'upkeep' AND expires_at > now()";

  /** Jobs that a test can wait for: their period is over. */
  private static final String SHORTLY_DUE =
      "UPDATE monitoring.jobs SET started_at = started_at - INTERVAL '1 day'"
          + " WHERE job_name = 'expire_sessions'";

  @TempDir private Path directory;

  @Test
  void anotherRuntimeGoesOnAndRunsNoJobTwice() throws Exception {
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation(servers.nats().url(), "monitoring");
    try (ChildJvm child =
        ChildJvm.start(
            UpkeepProcess.class,
            installation.asArguments(List.of()),
            Map.of(),
            directory.resolve("child.log"))) {
      BlockingQueue<String> lines = ChildLines.queue();
      ChildLines read = ChildLines.read(child, lines::add);
      int jobs = Integer.parseInt(ChildLines.next(lines).replace("open ", ""));
      Set<String> ran = new HashSet<>();
      while (ran.size() < jobs) {
        ran.add(ChildLines.next(lines));
      }
      List<String> before = installation.query(HOLDER);
      assertThat(before).hasSize(1);
      try (Persistence persistence = installation.open()) {
        Upkeep upkeep = persistence.operations().upkeep();
        installation.execute(SHORTLY_DUE);
        child.kill();
        read.awaitEnd();
        long began = System.nanoTime();
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(50))
            .until(
                () ->
                    !installation.query(HOLDER).equals(before)
                        && !installation.query(HOLDER).isEmpty());
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        await()
            .atMost(SOON)
            .until(
                () ->
                    upkeep.runs("expire_sessions", 9).stream()
                        .anyMatch(run -> !run.runtime().equals(UpkeepProcess.NAME)));
        servers.report(
            "UpkeepTakeOver",
            "jobs=%d taken_over_after_ms=%d run_twice=%d share_of_time=%.4f%%"
                .formatted(jobs, took.toMillis(), runTwice(upkeep), 100 * share(upkeep)));
        assertThat(took).isLessThan(PROMISED);
        assertThat(runTwice(upkeep)).isZero();
      }
    }
  }

  /** Returns the share of the time that the jobs run, by their last runs. */
  private static double share(Upkeep upkeep) {
    return upkeep.jobs().stream()
        .mapToDouble(
            job -> (double) job.last().orElseThrow().took().toNanos() / job.every().toNanos())
        .sum();
  }

  /** Returns how often a job began within its period, but for the one whose row was moved. */
  private static long runTwice(Upkeep upkeep) {
    long twice = 0;
    for (Job job : upkeep.jobs()) {
      List<Run> runs = upkeep.runs(job.name(), 99);
      for (int i = 1; i < runs.size() && !job.name().equals("expire_sessions"); i++) {
        Duration between = Duration.between(runs.get(i).startedAt(), runs.get(i - 1).startedAt());
        twice += between.compareTo(job.every()) < 0 ? 1 : 0;
      }
    }
    return twice;
  }
}
