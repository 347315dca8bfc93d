package io.mistersmith.persistence.adk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReachabilityMetadataTest {

  @Test
  void namesTheTypeThatJacksonMaps() throws IOException {
    try (InputStream metadata =
        Artifacts.Versions.class.getResourceAsStream(
            "/META-INF/native-image/io.mistersmith.persistence/persistence-adk/reachability-metadata.json")) {
      assertThat(metadata).isNotNull();
      assertThat(new String(metadata.readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"" + Artifacts.Versions.class.getName() + "\"");
    }
  }
}
