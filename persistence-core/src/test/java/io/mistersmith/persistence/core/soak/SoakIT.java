package io.mistersmith.persistence.core.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.fault.table.Counts;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A short soak, with another seed each time; {@code mvn -q -Psoak} runs a long one. */
@Tag("fault")
class SoakIT {

  private static final int SECONDS = 15;

  @Test
  void breaksNoPromise() throws Exception {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status = Soak.run(SECONDS, 1, seed, new PrintStream(out, true, StandardCharsets.UTF_8));
    String printed = out.toString(StandardCharsets.UTF_8);
    String last = printed.strip().lines().reduce("", (before, line) -> line);
    assertThat(last)
        .as(printed)
        .matches(
            "soak: seconds=15 acknowledged=[1-9]\\d* faults=[1-9]\\d* sagas=[1-9]\\d* lost=0"
                + " backward=0 resurrected=0 stale_own_reads=0 half_done=0");
    assertThat(status).as(printed).isZero();
    System.out.print(printed.substring(0, printed.lastIndexOf(last)));
    Counts.report(last);
  }
}
