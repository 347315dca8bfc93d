package io.mistersmith.persistence.core.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The dashboard that the jar ships. */
final class Dashboard {

  static final String RESOURCE =
      "/io/mistersmith/persistence/monitoring/persistence-dashboard.json";

  private final JsonNode json;

  private Dashboard(JsonNode json) {
    this.json = json;
  }

  static Dashboard shipped() throws IOException {
    try (InputStream file = Dashboard.class.getResourceAsStream(RESOURCE)) {
      return new Dashboard(new ObjectMapper().readTree(Objects.requireNonNull(file)));
    }
  }

  JsonNode json() {
    return json;
  }

  List<JsonNode> panels() {
    List<JsonNode> panels = new ArrayList<>();
    json.get("panels").forEach(panels::add);
    return panels;
  }

  /** Returns the PromQL of each query, with its variables replaced. */
  List<String> queries() {
    List<String> queries = new ArrayList<>();
    json.findValuesAsText("expr").forEach(query -> queries.add(query.replace("$journal", ".*")));
    return queries;
  }
}
