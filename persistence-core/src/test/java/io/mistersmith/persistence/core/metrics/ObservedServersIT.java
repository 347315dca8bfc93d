package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.core.metrics.Spans.Span;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Metrics and traces of a runtime on real servers. */
class ObservedServersIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final String database = MigratedDatabase.borrow();
  private final String prefix =
      "observed-" + ProcessHandle.current().pid() + "-" + System.identityHashCode(this) + "-";
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  @AfterEach
  void giveBack() {
    MigratedDatabase.giveBack(database);
  }

  private Persistence open(PersistenceListener listener, CallObserver observer) {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    PostgresConfig.Builder config = PostgresConfig.builder(database, postgres.user());
    postgres.password().ifPresent(config::password);
    return Persistence.open(
        PersistenceConfig.builder(
                NatsConfig.builder(nats.url().split(",")).namePrefix(prefix).build(),
                config.build())
            .listener(listener)
            .monitoring(MonitoringConfig.builder().observer(observer).build())
            .build());
  }

  @Test
  void prometheusScrapesWhatItDoes() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    PersistenceMetrics metrics = new PersistenceMetrics(registry);
    try (LocalEndpoint endpoint = LocalEndpoint.serving(registry::scrape);
        Persistence persistence = open(metrics, CallObserver.NOOP);
        metrics) {
      metrics.bind(persistence, Duration.ofMillis(200));
      persistence.agents().save(agent);
      persistence.states(String.class).save(key, "value");
      persistence.lifecycle().flush(agent.id(), SOON);
      String journal = "{journal=\"" + persistence.operations().consistency().journal() + "\"";
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(endpoint.get())
                      .contains("persistence_sql_rows" + journal + "} 1.0")
                      .contains("persistence_flush_rows_total" + journal + "} 1.0")
                      .containsPattern("persistence_kv_bucket_size_bytes\\" + journal + "} [1-9]")
                      .contains("persistence_pool_active{pool=\"primary\"}")
                      .contains("persistence_pool_size{pool=\"flush\"}")
                      .contains("persistence_pool_acquire_p95_seconds{pool=\"primary\"}"));
    }
  }

  @Test
  void oneTraceLeadsFromTheCallerToTheRow() {
    Spans spans = new Spans();
    TestObservationRegistry registry = TestObservationRegistry.create();
    registry.observationConfig().observationHandler(spans);
    CallObserver observer = new PersistenceObservations(registry);
    try (Persistence persistence = open(PersistenceListener.NOOP, observer)) {
      String journal = persistence.operations().consistency().journal();
      persistence.agents().save(agent);
      StateRepository<String> states = persistence.states(String.class);
      states.save(key, "first");
      assertThat(states.saveAsync(key, "second", SaveOptions.unconditional())).succeedsWithin(SOON);
      states.flush(key, SOON);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(spans.named("HotWrites.publish " + journal))
                      .hasSize(2)
                      .allSatisfy(
                          put ->
                              assertThat(spans.in(put))
                                  .extracting(Span::name)
                                  .contains("Flush.entry " + journal)));
      Span row = spans.in(spans.named("Flush.entry " + journal).get(0)).get(0);
      assertThat(row.attributes())
          .containsEntry("db.namespace", database.substring(database.lastIndexOf('/') + 1))
          .containsEntry("db.collection.name", "agents.state");
      assertThat(persistence.operations().consistency().check(CheckScope.everything()))
          .satisfies(report -> assertThat(report.isConsistent()).isTrue());
    }
    try (Persistence unobserved = open(PersistenceListener.NOOP, CallObserver.NOOP)) {
      assertThat(unobserved.states(String.class).find(key).orElseThrow().value())
          .isEqualTo("second");
    }
  }
}
