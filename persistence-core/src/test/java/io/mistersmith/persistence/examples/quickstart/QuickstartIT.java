package io.mistersmith.persistence.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole quick start, with a writer that is killed, on real servers. */
class QuickstartIT {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Optional<Path> file) {
    return run(file, Duration.ofSeconds(1));
  }

  private int run(Optional<Path> file, Duration flatOut) {
    return Quickstart.run(
        file,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        flatOut);
  }

  /** The first number of the line whose name this is. */
  private long figure(String name) {
    Matcher line = Pattern.compile("(?m)^  " + name + " +([0-9,]+) .*$").matcher(printed());
    assertThat(line.find()).as(printed()).isTrue();
    return Long.parseLong(line.group(1).replace(",", ""));
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void losesNothingOfTheSample() {
    int status = run(Optional.empty(), Duration.ofSeconds(5));
    assertThat(printed()).contains("killed the writing process (SIGKILL)");
    assertThat(printed().strip().lines().reduce("", (before, line) -> line))
        .matches(
            "quickstart: agents=16 writes=\\d+ in_postgres=319 lost=0 mismatched=0 lag_p95_ms=\\d+"
                + " tasks=287 messages=287 facts=\\d{2,}");
    assertThat(printed())
        .containsPattern("(?m)^paced: each agent waits at least \\d+ ms between two steps$")
        .containsPattern("(?m)^flat out: 5\\.\\d s without a pause, 8,000 keys in turn$");
    // A run that paused between its writes would reach a few hundred.
    assertThat(figure("acknowledged")).isGreaterThan(1_500);
    // At the end the acknowledgements of 512 writes may be under way.
    assertThat(figure("committed")).isBetween(1_000L, figure("acknowledged") + 512 / 5);
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
        .contains(" in_postgres=5 lost=0 mismatched=0 ")
        .contains(" messages=3");
    assertThat(status).isZero();
  }

  @Test
  void saysThatThereIsNoFile() {
    assertThat(run(Optional.of(Path.of("no-such-file.jsonl")))).isEqualTo(1);
    assertThat(complained())
        .isEqualTo("quickstart: there is no file no-such-file.jsonl%n".formatted());
  }
}
