package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboard has what Grafana needs of it. */
class DashboardTest {

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([a-z]+)}?");
  private static final int COLUMNS = 24;

  @Test
  void itIsADashboard() throws IOException {
    JsonNode json = Dashboard.shipped().json();
    assertThat(json.get("title").asText()).isEqualTo("Persistence");
    assertThat(json.get("uid").asText()).hasSizeLessThanOrEqualTo(40).matches("[a-z-]+");
    assertThat(json.get("schemaVersion").asInt()).isGreaterThanOrEqualTo(36);
    assertThat(json.has("id")).as("an id is of one Grafana alone").isFalse();
    assertThat(json.at("/time/from").asText()).startsWith("now-");
    assertThat(json.get("annotations").get("list").isArray()).isTrue();
  }

  @Test
  void eachPanelHasItsPlaceAndItsQueries() throws IOException {
    Set<Integer> ids = new HashSet<>();
    Set<String> cells = new HashSet<>();
    for (JsonNode panel : Dashboard.shipped().panels()) {
      String title = panel.get("title").asText();
      assertThat(title).isNotBlank();
      assertThat(ids.add(panel.get("id").asInt())).as("the id of %s", title).isTrue();
      assertThat(panel.get("type").asText()).isIn("row", "stat", "table", "timeseries");
      JsonNode place = panel.get("gridPos");
      assertThat(place.get("x").asInt() + place.get("w").asInt()).isLessThanOrEqualTo(COLUMNS);
      for (int x = 0; x < place.get("w").asInt(); x++) {
        for (int y = 0; y < place.get("h").asInt(); y++) {
          String cell = (place.get("x").asInt() + x) + "/" + (place.get("y").asInt() + y);
          assertThat(cells.add(cell)).as("%s is alone at %s", title, cell).isTrue();
        }
      }
      if (!panel.get("type").asText().equals("row")) {
        requireQueries(title, panel);
      }
    }
  }

  private static void requireQueries(String title, JsonNode panel) {
    Set<String> names = new HashSet<>();
    assertThat(panel.get("targets")).as(title).isNotEmpty();
    for (JsonNode target : panel.get("targets")) {
      assertThat(names.add(target.get("refId").asText())).as(title).isTrue();
      assertThat(target.get("expr").asText()).as(title).isNotBlank();
      assertThat(target.at("/datasource/uid").asText()).isEqualTo("${datasource}");
    }
    assertThat(panel.at("/fieldConfig/defaults").isObject()).as(title).isTrue();
    assertThat(panel.get("options").isObject()).as(title).isTrue();
  }

  @Test
  void itUsesOnlyItsOwnVariables() throws IOException {
    Dashboard dashboard = Dashboard.shipped();
    List<String> variables = dashboard.json().at("/templating/list").findValuesAsText("name");
    assertThat(variables).containsExactly("datasource", "journal");
    Matcher used = VARIABLE.matcher(dashboard.json().get("panels").toString());
    assertThat(used.results().map(found -> found.group(1)))
        .isNotEmpty()
        .allMatch(variables::contains);
  }
}
