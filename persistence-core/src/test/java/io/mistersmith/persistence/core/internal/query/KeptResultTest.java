package io.mistersmith.persistence.core.internal.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of a kept result. */
class KeptResultTest {

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void itComesBackAsItWas() {
    KeptResult kept =
        new KeptResult("g", "a\n\"b", Instant.ofEpochMilli(5), Optional.of(bytes("1")));
    KeptResult back = KeptResult.decode(kept.encode()).orElseThrow();
    assertThat(back).usingRecursiveComparison().isEqualTo(kept);
    KeptResult nothing = new KeptResult("g", "", Instant.EPOCH, Optional.empty());
    assertThat(KeptResult.decode(nothing.encode())).contains(nothing);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "{\n1",
        "{}\n1",
        "{\"parameters\":\"a\",\"began\":5}\n1",
        "{\"generation\":\"g\",\"began\":5}\n1",
        "{\"generation\":\"g\",\"parameters\":\"a\"}\n1",
        "{\"generation\":\"g\",\"parameters\":\"a\",\"began\":\"5\"}\n1",
      })
  void nothingElseIsTakenForOne(String text) {
    assertThat(KeptResult.decode(bytes(text))).isEmpty();
  }
}
