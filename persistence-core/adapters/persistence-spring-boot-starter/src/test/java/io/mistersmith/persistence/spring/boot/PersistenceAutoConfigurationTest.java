package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class PersistenceAutoConfigurationTest {

  private final InMemoryStores stores = new InMemoryStores();
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, () -> stores);

  @Test
  void opensOverTheStoresOfTheContext() {
    runner.run(
        context -> {
          Persistence persistence = context.getBean(Persistence.class);
          AgentId agent = persistence.agents().save(Agent.of("planner", "Ada")).value().id();
          StateKey key = StateKey.of(agent, "cursor");
          persistence.states(String.class).save(key, "one");
          assertThat(persistence.states(String.class).find(key)).isPresent();
        });
  }

  @Test
  void opensNothingWhereItIsOff() {
    runner
        .withPropertyValues("persistence.enabled=false")
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(Persistence.class)
                    .doesNotHaveBean(PersistenceLifecycle.class));
  }

  @Test
  void keepsTheRuntimeOfTheApplication() {
    runner
        .withUserConfiguration(OwnRuntime.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(Persistence.class).hasBean("ownRuntime");
              assertThat(context).doesNotHaveBean(PersistenceConfig.class);
              assertThat(context).hasSingleBean(PersistenceLifecycle.class);
              assertThat(BootLine.hasHealthIndicator(context)).isTrue();
            });
  }

  @Test
  void writesAreRefusedAfterTheContextStoppedAndAreInPostgresql() {
    runner.run(
        context -> {
          Persistence persistence = context.getBean(Persistence.class);
          AgentId agent = persistence.agents().save(Agent.of("planner", "Ada")).value().id();
          StateKey key = StateKey.of(agent, "cursor");
          persistence.states(String.class).save(key, "one");
          ConfigurableApplicationContext source = context.getSourceApplicationContext();
          source.stop();
          assertThatThrownBy(() -> persistence.states(String.class).save(key, "two"))
              .isInstanceOf(PersistenceException.class)
              .hasMessageContaining("clos");
          stores.recreate(Bucket.AGENT_STATE); // what the stop had not flushed would be gone
          try (Persistence next = Persistence.open(PersistenceConfig.inMemory().build(), stores)) {
            assertThat(next.states(String.class).find(key).orElseThrow().value()).isEqualTo("one");
          }
          assertThatThrownBy(source::start)
              .hasStackTraceContaining("cannot be opened again; refresh a new context");
        });
  }

  @Test
  void stopsAfterAllElseOfTheApplicationAndIsNotPaused() {
    runner.run(
        context -> {
          PersistenceLifecycle lifecycle = context.getBean(PersistenceLifecycle.class);
          assertThat(lifecycle.getPhase()).isNegative();
          assertThat(lifecycle.isRunning()).isTrue();
          assertThat(lifecycle.isPauseable()).isFalse();
        });
  }

  @Test
  void callsAllListenersAndCustomizers() {
    List<PersistenceEvent> first = new CopyOnWriteArrayList<>();
    List<PersistenceEvent> second = new CopyOnWriteArrayList<>();
    runner
        .withBean("first", PersistenceListener.class, () -> first::add)
        .withBean("second", PersistenceListener.class, () -> second::add)
        .withBean(
            PersistenceConfigCustomizer.class, () -> config -> config.runtimeName("customized"))
        .run(
            context -> {
              assertThat(context.getBean(PersistenceConfig.class).runtimeName())
                  .isEqualTo("customized");
              context.getBean(Persistence.class).operations().health().check();
              assertThat(first).isNotEmpty();
              assertThat(second).isNotEmpty();
            });
  }

  @Test
  void alertsGoToTheBeansByTheirNames() {
    runner
        .withBean("pager", AlertSink.class, () -> alert -> {})
        .run(
            context ->
                assertThat(context.getBean(PersistenceConfig.class).monitoring().sinks())
                    .containsOnlyKeys("pager"));
  }

  @Test
  void startsWithoutSpringJdbcTestcontainersAndJackson() {
    runner
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.jdbc", "org.testcontainers", "tools.jackson"))
        .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Persistence.class));
  }

  @Test
  void namesWhatIsMissingWhenThereIsNoAddress() {
    new ApplicationContextRunner()
        .withConfiguration(BootLine.own())
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .hasStackTraceContaining("set persistence.postgres.url, or spring.datasource"));
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntime {

    @Bean
    Persistence ownRuntime(InMemoryStores stores) {
      return Persistence.open(PersistenceConfig.inMemory().build(), stores);
    }
  }
}
