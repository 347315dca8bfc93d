package io.mistersmith.persistence.core.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each query of the dashboard, and each rule, asks for series that a scrape of a runtime on real
 * servers has, with their labels. Gauges are those of the runtime; what only counts events that are
 * rare has met one of each.
 */
class ShippedQueriesIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final Pattern SERIES = Pattern.compile("(persistence_[a-z0-9_]+)(?:\\{([^}]*)})?");
  private static final Pattern LABEL = Pattern.compile("([a-z]+)\\s*=");
  private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");
  private static final Pattern EXPRESSION = Pattern.compile("(?m)^ +expr: '(.*)'$");

  private static List<String> rules() throws IOException {
    try (InputStream file =
        ShippedQueriesIT.class.getResourceAsStream(
            "/io/mistersmith/persistence/monitoring/persistence.rules.yml")) {
      return EXPRESSION
          .matcher(new String(Objects.requireNonNull(file).readAllBytes(), UTF_8))
          .results()
          .map(found -> found.group(1).replace("''", "'"))
          .toList();
    }
  }

  @Test
  void eachQueryFindsItsSeries() throws Exception {
    List<String> queries =
        Stream.concat(Dashboard.shipped().queries().stream(), rules().stream()).toList();
    assertThat(queries).hasSizeGreaterThan(80);
    String scrape = scrape();
    for (String query : queries) {
      Set<String> missing = new TreeSet<>();
      Set<String> labels = new HashSet<>();
      for (MatchResult series : SERIES.matcher(query).results().toList()) {
        Set<String> found = labels(scrape, series.group(1));
        labels.addAll(found);
        if (found.isEmpty()) {
          missing.add(series.group(1));
        } else if (series.group(2) != null) {
          LABEL
              .matcher(series.group(2))
              .results()
              .map(label -> label.group(1))
              .filter(label -> !found.contains(label))
              .forEach(label -> missing.add(series.group(1) + "{" + label + "}"));
        }
      }
      BY.matcher(query)
          .results()
          .flatMap(by -> Stream.of(by.group(1).split(", *", -1)))
          .filter(label -> !labels.contains(label))
          .forEach(label -> missing.add("by (" + label + ")"));
      assertThat(missing).as("what %s asks for, and a scrape does not have", query).isEmpty();
    }
  }

  /** Returns the labels of a series, and its name; nothing where there is no such series. */
  private static Set<String> labels(String scrape, String name) {
    Set<String> labels = new HashSet<>();
    scrape
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .forEach(
            line -> {
              labels.add("");
              LABEL.matcher(line).results().forEach(label -> labels.add(label.group(1)));
            });
    return labels;
  }

  private static String scrape() throws Exception {
    PostgresServer server = TestServers.postgres();
    String url = MigratedDatabase.create();
    String prefix = "shipped-" + ProcessHandle.current().pid() + "-";
    PostgresConfig.Builder postgres =
        PostgresConfig.builder(url, server.user()).migrateOnOpen("monitoring", "events");
    server.password().ifPresent(postgres::password);
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    PersistenceMetrics metrics = new PersistenceMetrics(registry);
    Agent agent = Agent.of("test", "tester");
    try (Connection holder =
            DriverManager.getConnection(url, server.user(), server.password().orElse(""));
        Persistence persistence =
            Persistence.open(
                PersistenceConfig.builder(
                        NatsConfig.builder(TestServers.nats().url().split(","))
                            .namePrefix(prefix)
                            .build(),
                        postgres.build())
                    .listener(metrics)
                    .build());
        metrics) {
      try (Statement statement = holder.createStatement()) {
        statement.execute(
            "UPDATE monitoring.alert_thresholds SET warning_threshold = 0"
                + " WHERE metric_name = 'dead_letters_open'");
        holder.setAutoCommit(false);
        statement.execute("SELECT txid_current()");
      }
      metrics.bind(persistence, Duration.ofMillis(200));
      SampleEvents.all().forEach(metrics::on);
      persistence.agents().save(agent);
      persistence.states(String.class).save(StateKey.of(agent.id(), "k"), "value");
      persistence.lifecycle().flush(agent.id(), SOON);
      assertThat(persistence.operations().health().check().components()).isNotEmpty();
      assertThat(persistence.operations().upkeep().run("check_alerts").outcome())
          .isEqualTo(Outcome.DONE);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(registry.scrape())
                      .contains(
                          "persistence_alerts{level=\"WARNING\",metric=\"dead_letters_open\"}")
                      .contains("persistence_alert_value{metric=\"xmin_age_transactions\"}")
                      .contains("persistence_xmin_age{")
                      .contains("persistence_changes_lag_seconds ")
                      .contains("persistence_kv_entries{"));
      return registry.scrape();
    }
  }
}
