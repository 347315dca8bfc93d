package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.operations.Upkeep.Job;
import io.mistersmith.persistence.operations.Upkeep.Run;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a probe of the health costs, and which share of the time the jobs of the upkeep run. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class MonitoringCalls {

  private static final int PROBES = 200_000;

  private final Monitored runtime = Opened.get("monitored", Monitored::new);

  /** Asks for the last report; by hand, for what a field holds. */
  @Benchmark
  public int probe() {
    Recorder.note(Turns.RAW, nanos(runtime.field::get));
    Recorder.note(Turns.OURS, nanos(runtime.health::latest));
    return PROBES;
  }

  private static double nanos(Supplier<Report> probe) {
    long components = 0;
    long began = System.nanoTime();
    for (int i = 0; i < PROBES; i++) {
      components += probe.get().components().size();
    }
    double took = (double) (System.nanoTime() - began) / PROBES;
    if (components < PROBES) {
      throw new IllegalStateException("a report has no components");
    }
    return took;
  }

  /**
   * Runs each job, and adds up which share of its period it takes. That is more than the time of
   * PostgreSQL, by the round trips.
   */
  @Benchmark
  public int share() {
    double share = 0;
    for (Job job : runtime.upkeep.jobs()) {
      Run run = runtime.upkeep.run(job.name());
      if (run.outcome() == Upkeep.Outcome.FAILED) {
        throw new IllegalStateException(run.toString());
      }
      share += (double) run.took().toNanos() / job.every().toNanos();
    }
    Recorder.note(Turns.RAW, 100);
    Recorder.note(Turns.OURS, 100 * share);
    return 1;
  }

  private static final class Monitored implements AutoCloseable {
    private final Persistence persistence =
        Persistence.open(
            Site.present()
                .withSets("monitoring")
                .config("monitored-" + ProcessHandle.current().pid() + "-")
                .monitoring(
                    MonitoringConfig.builder()
                        .checkInterval(Duration.ofHours(1))
                        .upkeep(false)
                        .build())
                .build());
    private final Health health = persistence.operations().health();
    private final Upkeep upkeep = persistence.operations().upkeep();
    private final AtomicReference<Report> field = new AtomicReference<>(health.check());

    @Override
    public void close() {
      persistence.close();
    }
  }
}
