package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A running engine whose figures a monitoring system gets, or is sent. */
class ExportTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final Agent agent = Agent.of("test", "tester");

  private void run(MeterRegistry registry, Runnable meanwhile) {
    PersistenceMetrics metrics = new PersistenceMetrics(registry);
    try (Persistence persistence =
            Persistence.open(
                PersistenceConfig.inMemory().listener(metrics).build(), new InMemoryStores());
        metrics) {
      metrics.bind(persistence, Duration.ofMillis(20));
      persistence.agents().save(agent);
      persistence.states(String.class).save(StateKey.of(agent.id(), "k"), "value");
      persistence.lifecycle().flush(agent.id(), SOON);
      await().atMost(SOON).until(() -> registry.get("persistence.kv.entries").gauge().value() == 1);
      meanwhile.run();
    }
  }

  @Test
  void prometheusScrapesThem() throws Exception {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (LocalEndpoint endpoint = LocalEndpoint.serving(registry::scrape)) {
      run(
          registry,
          () -> {
            String page = endpoint.get();
            assertThat(page)
                .contains("persistence_consistency_lag_seconds{journal=\"AGENT_STATE\",quantile=")
                .contains("persistence_consistency_violations_total{journal=\"AGENT_STATE\"} 0.0")
                .contains("persistence_kv_entries{journal=\"AGENT_STATE\"} 1.0")
                .contains("persistence_dead_letters_total{journal=\"AGENT_STATE\"} 0.0")
                .contains("persistence_dead_letters_open 0.0")
                .contains("persistence_backlog_age_seconds{journal=\"AGENT_STATE\"} 0.0")
                .contains("# TYPE persistence_flush_duration_seconds histogram")
                .contains("persistence_flush_rows_total{journal=\"AGENT_STATE\"} 1.0")
                .contains(
                    "persistence_flush_lag_seconds_bucket{journal=\"AGENT_STATE\",le=\"0.2\"}")
                .contains("persistence_cache_reads_total{cache=\"AGENT_STATE\",result=\"HIT\"}")
                .contains("persistence_store_calls_seconds_bucket{operation=\"HotWrites.publish\"")
                .doesNotContain(agent.id().toString());
            assertThat(page.lines())
                .as("times in seconds")
                .noneMatch(Pattern.compile("^[^{ ]*_(ms|milliseconds)[{ _]").asPredicate());
          });
    }
  }

  @Test
  void aCollectorIsSentThem() throws Exception {
    Map<String, String> units = new ConcurrentSkipListMap<>();
    try (LocalEndpoint collector =
        LocalEndpoint.receiving(request -> units.putAll(OtlpMetrics.units(request)))) {
      OtlpMeterRegistry registry =
          new OtlpMeterRegistry(
              Map.of(
                      "otlp.url",
                      collector.uri("/v1/metrics").toString(),
                      "otlp.baseTimeUnit",
                      "SECONDS")
                  ::get,
              Clock.SYSTEM);
      run(registry, registry::close);
    }
    assertThat(units)
        .containsEntry("persistence.flush.duration", "seconds")
        .containsEntry("persistence.consistency.lag", "seconds")
        .containsEntry("persistence.backlog.bytes", "bytes")
        .containsKeys(
            "persistence.kv.entries",
            "persistence.store.calls",
            "persistence.dead.letters",
            "persistence.cache.reads");
  }
}
