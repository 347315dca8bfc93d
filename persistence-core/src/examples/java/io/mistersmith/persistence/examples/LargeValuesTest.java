package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** How an artefact of a tool is kept. */
@ExtendWith(PersistenceExtension.class)
class LargeValuesTest {

  @Test
  void keepsTheRecordingOfATool(Persistence persistence, @TempDir Path directory)
      throws IOException {
    Agent agent = persistence.agents().save(Agent.of("scout", "Ada")).value();
    Path recording = directory.resolve("recording.wav");
    Path copy = directory.resolve("copy.wav");
    Files.write(recording, new byte[3_000_000]);
    LargeValues values = persistence.largeValues();
    StateKey key = StateKey.of(agent.id(), "recordings.1");
    try (InputStream in = Files.newInputStream(recording)) {
      Versioned<Description> written =
          values.write(key, in, Files.size(recording), SaveOptions.unconditional());
      values.descriptions().awaitDurable(key, written.revision(), Duration.ofSeconds(10));
    }
    try (OutputStream out = Files.newOutputStream(copy)) {
      assertThat(values.read(key, out)).isPresent(); // or empty, and nothing written
    }
    assertThat(Files.mismatch(recording, copy)).isEqualTo(-1);
  }
}
