package io.mistersmith.persistence.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole quick start, with a writer that is killed, on real servers. */
class QuickstartIT {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Optional<Path> file) {
    return Quickstart.run(
        file,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void losesNothingOfTheSample() {
    int status = run(Optional.empty());
    assertThat(printed()).contains("killed the writing process (SIGKILL)");
    assertThat(printed().strip().lines().reduce("", (before, line) -> line))
        .matches(
            "quickstart: agents=16 writes=\\d+ in_postgres=319 lost=0 mismatched=0 lag_p95_ms=\\d+");
    assertThat(status).isZero();
  }

  @Test
  void skipsAndNamesWhatItCannotReplay(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("odd.jsonl");
    String large = "x".repeat(1_500_000);
    Files.writeString(
        file,
        """
        {"steps":[{"n":1.50},{"text":"a\\u0000b"},{"n":-0.0,"m":1e2,"text":"漢 \\ud83c\\udf31"}]}

        {"steps":[
        {"messages":[{"text":"%s"},{"text":"small"}]}
        """
            .formatted(large));
    int status = run(Optional.of(file));
    assertThat(complained()).contains("line 3 is no JSON");
    assertThat(printed())
        .contains("line 1, step 1 was refused as SERIALIZATION_ERROR")
        .contains("line 4, step 0 was refused as VALUE_TOO_LARGE")
        .contains("quickstart: agents=2 ")
        .contains(" in_postgres=5 lost=0 mismatched=0 ");
    assertThat(status).isZero();
  }

  @Test
  void saysThatThereIsNoFile() {
    assertThat(run(Optional.of(Path.of("no-such-file.jsonl")))).isEqualTo(1);
    assertThat(complained())
        .isEqualTo("quickstart: there is no file no-such-file.jsonl%n".formatted());
  }
}
