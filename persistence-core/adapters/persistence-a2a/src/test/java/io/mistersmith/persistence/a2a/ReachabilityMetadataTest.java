package io.mistersmith.persistence.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReachabilityMetadataTest {

  @Test
  void namesTheTypeThatJacksonMaps() throws IOException {
    try (InputStream metadata =
        PushConfigs.class.getResourceAsStream(
            "/META-INF/native-image/io.mistersmith.persistence/persistence-a2a/reachability-metadata.json")) {
      assertThat(metadata).isNotNull();
      assertThat(new String(metadata.readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"" + PushConfigs.class.getName() + "\"");
    }
  }
}
