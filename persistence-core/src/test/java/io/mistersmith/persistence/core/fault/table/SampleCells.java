package io.mistersmith.persistence.core.fault.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/**
 * The tests of a table for {@link TableRunTest}. The names of the classes keep the build from
 * running them by themselves, and their tag keeps other tables from it.
 */
final class SampleCells {

  static final String TAG = "sample";

  private SampleCells() {}

  @Tag(TAG)
  static class Good {

    @Test
    void counts() {
      Counts.report("Counts seed=" + System.getProperty("persistence.test.seed"));
    }

    @ParameterizedTest
    @ValueSource(ints = {60, -60})
    void repeats(int minutes) {
      Counts.report("Repeats minutes=" + minutes);
    }
  }

  @Tag(TAG)
  static class Bad {

    @Test
    void fails() {
      Counts.report("Fails lost=1");
      assertThat(1).as("entries that were lost").isZero();
    }
  }

  @Tag(TAG)
  static class Tallied {

    @Test
    void keepsItsPromises() {
      Counts.report("Keeps", new Tally(10, 0, 0, 0, Duration.ofMillis(300)), "threads=2");
      Counts.report("Keeps", new Tally(5, 0, 0, 0, Duration.ofMillis(200)), "");
    }

    @Test
    void loses() {
      Counts.report("Loses", new Tally(7, 1, 0, 2, Duration.ZERO), "");
    }

    @Test
    void countsNothing() {}
  }

  @Tag(TAG)
  static class NeverStarted {

    @BeforeAll
    static void start() {
      assertThat(System.getProperty("persistence.test.seed")).as("a server that starts").isNull();
    }

    @Test
    void isNotReached() {}
  }

  @Tag(TAG)
  static class Unfinished {

    @Test
    void givesUp() {
      throw new TestAbortedException("not here");
    }

    @Test
    @Disabled("shows that a table counts it")
    void isLeftOut() {}
  }
}
