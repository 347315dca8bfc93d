package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import io.mistersmith.persistence.core.metrics.PersistenceObservations;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MetricsTest {

  private static final String HEALTH = "persistence.health";

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, InMemoryStores::new);

  @Test
  void areBoundWhileTheRuntimeIsOpen() {
    runner
        .withBean(MeterRegistry.class, () -> registry)
        .run(
            context -> {
              assertThat(context).hasSingleBean(PersistenceMetrics.class);
              int open = registry.getMeters().size();
              context.getSourceApplicationContext().stop();
              assertThat(registry.getMeters()).hasSizeLessThan(open);
            });
  }

  @Test
  void countTheEventsOfTheRuntime() {
    runner
        .withBean(MeterRegistry.class, () -> registry)
        .run(
            context -> {
              var unused = context.getBean(Persistence.class).operations().health().check();
              assertThat(registry.getMeters())
                  .anyMatch(meter -> meter.getId().getName().startsWith(HEALTH));
            });
  }

  @Test
  void areOffByProperty() {
    runner
        .withBean(MeterRegistry.class, () -> registry)
        .withPropertyValues("persistence.metrics.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(PersistenceMetrics.class));
  }

  @Test
  void needARegistry() {
    runner.run(
        context ->
            assertThat(context)
                .hasSingleBean(Persistence.class)
                .doesNotHaveBean(PersistenceMetrics.class)
                .doesNotHaveBean(CallObserver.class));
  }

  @Test
  void needMicrometer() {
    runner
        .withClassLoader(new FilteredClassLoader("io.micrometer"))
        .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Persistence.class));
  }

  @Test
  void observationsAreMadeOfCalls() {
    Set<String> names = new ConcurrentSkipListSet<>();
    runner
        .withBean(ObservationRegistry.class, () -> noting(names))
        .run(
            context -> {
              assertThat(context).hasSingleBean(PersistenceObservations.class);
              context.getBean(Persistence.class).agents().save(Agent.of("planner", "Ada"));
              assertThat(names).isNotEmpty();
            });
  }

  @Test
  void anObserverOfTheApplicationIsKept() {
    runner
        .withBean(ObservationRegistry.class, ObservationRegistry::create)
        .withBean(CallObserver.class, () -> CallObserver.NOOP)
        .run(context -> assertThat(context).doesNotHaveBean(PersistenceObservations.class));
  }

  private static ObservationRegistry noting(Set<String> names) {
    ObservationRegistry observations = ObservationRegistry.create();
    observations
        .observationConfig()
        .observationHandler(
            new ObservationHandler<Observation.Context>() {
              @Override
              public void onStart(Observation.Context context) {
                names.add(context.getName());
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return true;
              }
            });
    return observations;
  }
}
