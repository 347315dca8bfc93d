package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetadataTest {

  private static Map<String, JsonNode> properties() throws IOException {
    Map<String, JsonNode> properties = new HashMap<>();
    for (URL url :
        Collections.list(
            MetadataTest.class
                .getClassLoader()
                .getResources("META-INF/spring-configuration-metadata.json"))) {
      try (InputStream in = url.openStream()) {
        for (JsonNode each : new ObjectMapper().readTree(in).get("properties")) {
          if (each.get("name").asText().startsWith("persistence.")) {
            properties.put(each.get("name").asText(), each);
          }
        }
      }
    }
    return properties;
  }

  @Test
  void eachPropertyHasATypeAndASentence() throws IOException {
    Map<String, JsonNode> properties = properties();
    assertThat(properties)
        .containsKeys(
            "persistence.enabled",
            "persistence.nats.servers",
            "persistence.nats.tls.mode",
            "persistence.postgres.url",
            "persistence.migrations.on-open",
            "persistence.flush.close-deadline");
    assertThat(properties.values())
        .allSatisfy(
            property -> {
              assertThat(property.path("type").asText()).isNotEmpty().doesNotContain("@");
              assertThat(property.path("description").asText()).endsWith(".");
            });
    assertThat(properties)
        .hasEntrySatisfying(
            "persistence.flush.max-age",
            property -> assertThat(property.path("defaultValue").asText()).isEqualTo("50ms"));
  }
}
