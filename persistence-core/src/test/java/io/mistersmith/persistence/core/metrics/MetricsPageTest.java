package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Compares the tables of docs/metrics.md with the meters. With {@code -Dpersistence.docs=write} the
 * tables are written instead.
 */
class MetricsPageTest {

  private static final Path PAGE = Path.of("docs", "metrics.md");
  private static final Pattern NAME = Pattern.compile("persistence_[a-z_0-9]+");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @Test
  void itsTablesAreMadeOfTheMeters() throws IOException {
    try (AllMeters all = new AllMeters(registry)) {
      MetricsPage page = new MetricsPage(all.meters());
      String text = Files.readString(PAGE);
      String made = with(with(text, "meters", page.meters()), "figures", page.specified());
      if ("write".equals(System.getProperty("persistence.docs"))) {
        Files.writeString(PAGE, made);
      }
      assertThat(Files.readString(PAGE))
          .as("run this test with -Dpersistence.docs=write, and look at what it changed")
          .isEqualTo(made);
    }
  }

  /** Replaces what is between two comments. */
  private static String with(String text, String table, String content) {
    String begin = "<!-- %s: generated -->\n".formatted(table);
    String end = "<!-- end of %s -->".formatted(table);
    int from = text.indexOf(begin) + begin.length();
    return text.substring(0, from) + content + text.substring(text.indexOf(end));
  }

  @Test
  void eachNameInItIsInAScrape() throws IOException {
    try (AllMeters all = new AllMeters(registry)) {
      String scrape = registry.scrape();
      Set<String> scraped =
          NAME.matcher(scrape).results().map(found -> found.group()).collect(Collectors.toSet());
      assertThat(NAME.matcher(Files.readString(PAGE)).results().map(found -> found.group()))
          .hasSizeGreaterThan(all.names().size())
          .allMatch(
              name -> scraped.contains(name) || scraped.contains(name + "_count"), "is scraped");
      assertThat(scrape.lines().filter(line -> !line.startsWith("#")))
          .as("times are in seconds")
          .noneMatch(line -> line.substring(0, line.indexOf(' ')).contains("_ms"));
    }
  }

  @Test
  void eachMeterSaysWhatItMeans() {
    try (AllMeters all = new AllMeters(registry)) {
      assertThat(all.meters())
          .allSatisfy(
              id -> {
                assertThat(id.getDescription()).as(id.getName()).isNotBlank();
                assertThat(id.getName()).isEqualTo(id.getName().toLowerCase(Locale.ROOT));
              });
    }
  }

  /** Labels of unbounded values would make a time series of each. */
  @Test
  void onlyTheMeterOfAgentsNamesAgents() {
    try (AllMeters all = new AllMeters(registry)) {
      assertThat(all.meters())
          .filteredOn(id -> id.getTags().toString().contains(SampleEvents.AGENT.toString()))
          .extracting(id -> id.getName())
          .containsOnly("persistence.agent.lag");
    }
  }
}
