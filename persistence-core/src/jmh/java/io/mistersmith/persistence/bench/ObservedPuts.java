package io.mistersmith.persistence.bench;

import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import io.mistersmith.persistence.core.metrics.PersistenceObservations;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A put of a runtime that is metered, and of one that is observed too, beside one that is not. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ObservedPuts {

  private static final int TURNS = Workbench.KEYS / 20;

  private final Workbench plain = Workbench.shared();

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    plain.settle();
  }

  /** A runtime whose events move meters. */
  @State(Scope.Benchmark)
  public static class Metered {
    private final Workbench bench = Workbench.of("metered", ObservedPuts::metered);
  }

  /** A runtime whose calls are observed and timed, and whose events move meters. */
  @State(Scope.Benchmark)
  public static class Observed {
    private final Workbench bench = Workbench.of("observed", ObservedPuts::observed);
  }

  private static PersistenceConfig.Builder metered(PersistenceConfig.Builder config) {
    return config.listener(new PersistenceMetrics(new SimpleMeterRegistry()));
  }

  private static PersistenceConfig.Builder observed(PersistenceConfig.Builder config) {
    ObservationRegistry registry = ObservationRegistry.create();
    registry
        .observationConfig()
        .observationHandler(new DefaultMeterObservationHandler(new SimpleMeterRegistry()));
    return metered(config)
        .monitoring(
            MonitoringConfig.builder().observer(new PersistenceObservations(registry)).build());
  }

  /** A put with metrics; by hand one without. */
  @Benchmark
  public int metrics(Metered metered) throws Exception {
    return beside(metered.bench);
  }

  /** A put with metrics and observation; by hand one without. */
  @Benchmark
  public int observation(Observed observed) throws Exception {
    return beside(observed.bench);
  }

  private int beside(Workbench other) throws Exception {
    return Turns.take(
        TURNS, i -> SynchronousCalls.put(plain, i), i -> SynchronousCalls.put(other, i));
  }
}
