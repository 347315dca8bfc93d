package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTextTest {

  @Test
  void readsWhatItWrites() {
    for (boolean flushing : new boolean[] {true, false}) {
      JournalProgress progress =
          new JournalProgress(
              flushing,
              Long.MAX_VALUE,
              0,
              Instant.parse("2026-01-31T12:00:00.123456789Z"),
              flushing ? "7123456789012345678/7" : "");
      assertThat(ProgressText.decode(ProgressText.encode(progress))).contains(progress);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "flushing",
        "flushing 1 2",
        "flushing 1 2 3",
        "flushing -1 2 2026-01-31T12:00:00Z 1",
        "flushing 1 -2 2026-01-31T12:00:00Z 1",
        "flushing 1 2 2026-01-31T12:00:00Z",
        "flushing 1 2 2026-01-31T12:00:00Z more",
        "flushing 1 2 2026-01-31T12:00:00Z -1",
        "flushing 1 2 2026-01-31T12:00:00Z 1 more",
        "flushing 1 2 2026-01-31T12:00:00Z"
            + " 99999999999999999999999999999999999999999999999999999999999999999",
        "flushing 1 99999999999999999999 2026-01-31T12:00:00Z 1",
        "stopped 1 2 2026-01-31T12:00:00Z 1",
        "flushing 1 2 2026-13-31T12:00:00Z 1",
        "\u00ff\u0000\u0001 \u0002 \u0003 \u0004"
      })
  void ignoresForeignBytes(String text) {
    assertThat(ProgressText.decode(text.getBytes(ISO_8859_1))).isEmpty();
  }

  @Test
  void ignoresLongOnes() {
    assertThat(ProgressText.decode(new byte[1_000_000])).isEmpty();
  }
}
