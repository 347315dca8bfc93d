package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertStore.ServiceLevel;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.Promtool;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The rules that the jar ships are those of the rows that the migrations insert, and Prometheus
 * takes them. With {@code -Dpersistence.docs=write} the file, and the table in docs/operations.md,
 * are written instead.
 */
class PrometheusRulesIT {

  private static final String FILE =
      "src/main/resources/io/mistersmith/persistence/monitoring/persistence.rules.yml";

  private static final String BEGIN = "<!-- alerts: generated -->\n";
  private static final String END = "<!-- end of alerts -->";

  @TempDir private static Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresStore store;

  @BeforeAll
  static void open() {
    PostgresServer server = TestServers.postgres();
    String url = MigratedDatabase.create();
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(server.user());
    server.password().ifPresent(source::setPassword);
    assertThat(MigrationRunner.builder().dataSource(source).sets("monitoring").build().apply())
        .isNotNull();
    PostgresConfig config = PostgresConfig.of(url, server.user());
    store =
        PostgresStore.open(
            PersistenceConfig.builder(
                    NatsConfig.of("nats://unused.invalid"),
                    server
                        .password()
                        .map(secret -> config.toBuilder().password(secret).build())
                        .orElse(config))
                .build());
  }

  @AfterAll
  static void close() {
    store.close();
  }

  private static AlertStore alerts() {
    return store.sql().alerts();
  }

  private static PrometheusRules rules() {
    return new PrometheusRules(alerts().thresholds(), alerts().serviceLevels());
  }

  private static Path inModule(String file) {
    return Files.exists(Path.of("src/main/resources"))
        ? Path.of(file)
        : Path.of("persistence-core").resolve(file);
  }

  private static boolean isWritten() {
    return "write".equals(System.getProperty("persistence.docs"));
  }

  @Test
  void theFileIsThatOfTheRows() throws IOException {
    if (isWritten()) {
      Files.writeString(inModule(FILE), rules().yaml());
    }
    assertThat(Files.readString(inModule(FILE)))
        .as("run this test with -Dpersistence.docs=write, and look at what it changed")
        .isEqualTo(rules().yaml());
  }

  @Test
  void thePageSaysWhatTheRowsSay() throws IOException {
    Path page = inModule("docs/operations.md");
    String text = Files.readString(page);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    String made = text.substring(0, from) + table() + text.substring(text.indexOf(END));
    if (isWritten()) {
      Files.writeString(page, made);
    }
    assertThat(Files.readString(page))
        .as("run this test with -Dpersistence.docs=write, and look at what it changed")
        .isEqualTo(made);
  }

  private static String table() {
    StringBuilder table =
        new StringBuilder("| metric | warning | critical | scope | meaning | what to do |\n");
    table.append("|---|---|---|---|---|---|\n");
    for (AlertThreshold threshold : alerts().thresholds()) {
      table.append(
          "| `%s` | %s | %s | %s | %s | %s |\n"
              .formatted(
                  threshold.metric(),
                  limit(threshold.warning()),
                  limit(threshold.critical()),
                  threshold.scope().name().toLowerCase(Locale.ROOT),
                  threshold.text().meaning(),
                  threshold.text().advice()));
    }
    return table.toString();
  }

  private static String limit(OptionalDouble value) {
    return value.isPresent() ? Numbers.exact(value.getAsDouble()) : "";
  }

  @Test
  void aChangedRowChangesItsRule() {
    String before = rules().yaml();
    AlertThreshold age =
        alerts().thresholds().stream()
            .filter(threshold -> threshold.metric().equals("backlog_age_seconds"))
            .findFirst()
            .orElseThrow();
    alerts()
        .put(
            new AlertThreshold(
                age.metric(),
                OptionalDouble.of(7.5),
                age.critical(),
                age.lowerIsWorse(),
                age.checkInterval(),
                age.enabled(),
                age.channels(),
                age.scope(),
                age.unit(),
                age.alertWhenUnknown(),
                age.text()));
    try {
      List<String> after = rules().yaml().lines().toList();
      List<String> old = before.lines().toList();
      assertThat(after).hasSameSizeAs(old);
      assertThat(after.stream().filter(line -> !old.contains(line)))
          .hasSize(2)
          .allSatisfy(line -> assertThat(line).contains("7.5"));
    } finally {
      alerts().put(age);
    }
    assertThat(rules().yaml()).isEqualTo(before);
  }

  @Test
  void eachThresholdSaysWhatToDo() {
    assertThat(alerts().thresholds())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            threshold -> {
              assertThat(threshold.text().meaning()).endsWith(".");
              assertThat(threshold.text().advice()).contains(" ");
              assertThat(threshold.text().expression()).isPresent();
            });
    assertThat(alerts().serviceLevels()).extracting(ServiceLevel::name).hasSize(2);
  }

  @Test
  void prometheusTakesTheRulesAndEachFiresAndResolves() throws IOException {
    Promtool promtool = Promtool.find();
    PrometheusRules rules = rules();
    Path file = directory.resolve("persistence.rules.yml");
    Files.writeString(file, rules.yaml());
    long counted =
        rules.yaml().lines().filter(line -> line.matches(" +- (alert|record): .*")).count();

    assertThat(promtool.checkRules(file)).contains("SUCCESS: %d rules found".formatted(counted));

    String thresholds = new RuleTestFile(rules).ofThresholds(file.getFileName().toString());
    String burnRates = new RuleTestFile(rules).ofBurnRates(file.getFileName().toString());
    for (String text : List.of(thresholds, burnRates)) {
      Path tests = Files.createTempFile(directory, "tests-", ".yml");
      Files.writeString(tests, text);
      assertThat(promtool.testRules(tests)).contains("SUCCESS");
    }
    assertThat(rules.alerts())
        .allSatisfy(
            rule ->
                assertThat((thresholds + burnRates).lines().toList())
                    .as("tests of %s", rule.name())
                    .filteredOn(line -> line.contains("alertname: " + rule.name()))
                    .hasSizeGreaterThanOrEqualTo(2));
  }
}
