package io.mistersmith.persistence.langgraph4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReachabilityMetadataTest {

  @Test
  void namesTheTypeThatJacksonMaps() throws IOException {
    try (InputStream metadata =
        StoredCheckpoint.class.getResourceAsStream(
            "/META-INF/native-image/io.mistersmith.persistence/persistence-langgraph4j/reachability-metadata.json")) {
      assertThat(metadata).isNotNull();
      assertThat(new String(metadata.readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"" + StoredCheckpoint.class.getName() + "\"");
    }
  }
}
