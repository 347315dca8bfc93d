package io.mistersmith.persistence.spring.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample, shorter. */
class SampleIT {

  @Test
  void losesAndRepeatsNothing(@TempDir Path directory) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
    int status = Sample.run(6, directory.resolve("application.log"), printed);
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .contains(
            "killed the application (SIGKILL) before seat-2",
            "application: continues at turn 3",
            "killed the application (SIGKILL) after seat-4",
            "application: continues at turn 5")
        .endsWith("turns=6 lost=0 repeated=0");
    assertThat(status).isZero();
  }
}
