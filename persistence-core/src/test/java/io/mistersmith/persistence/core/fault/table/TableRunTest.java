package io.mistersmith.persistence.core.fault.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;

class TableRunTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void printsARowForEachCellAndFailsWhenOneFailed() {
    assertThat(run("")).isEqualTo(1);

    assertThat(rows())
        .containsExactlyInAnyOrder(
            "cell: SampleCells.Good.counts passed seconds=T | Counts seed=7",
            "cell: SampleCells.Good.repeats[minutes = 60] passed seconds=T | Repeats minutes=60",
            "cell: SampleCells.Good.repeats[minutes = -60] passed seconds=T | Repeats minutes=-60",
            "cell: SampleCells.Bad.fails failed seconds=T | Fails lost=1");
    assertThat(last()).matches("faults: table=sample cells=4 failed=1 seconds=\\d+ seed=7");
    assertThat(errors()).contains("entries that were lost");
  }

  @Test
  void succeedsWhenNoSelectedCellFailed() {
    assertThat(run("SampleCells.Good")).isZero();

    assertThat(rows()).hasSize(3);
    assertThat(last()).matches("faults: table=sample cells=3 failed=0 seconds=\\d+ seed=7");
  }

  @Test
  void theLastLineSumsWhatTheCellsTallied() {
    assertThat(runTallied("SampleCells.Tallied.keeps")).isZero();

    assertThat(rows())
        .containsExactly(
            "cell: SampleCells.Tallied.keepsItsPromises passed seconds=T"
                + " | Keeps acknowledged=10 lost=0 backward=0 stale=0 outage_ms=300 threads=2"
                + " | Keeps acknowledged=5 lost=0 backward=0 stale=0 outage_ms=200");
    assertThat(last())
        .matches(
            "faults: table=sample cells=1 failed=0"
                + " acknowledged=15 lost=0 backward=0 stale=0 outage_ms_max=300"
                + " seconds=\\d+ seed=7");
  }

  @Test
  void aBrokenPromiseOrNoTallyFailsACellThatPassed() {
    assertThat(runTallied("")).isEqualTo(1);

    assertThat(rows())
        .contains(
            "cell: SampleCells.Tallied.countsNothing failed (no tally) seconds=T",
            "cell: SampleCells.Tallied.loses failed (promises broken) seconds=T"
                + " | Loses acknowledged=7 lost=1 backward=0 stale=2 outage_ms=0");
    assertThat(last())
        .contains(" cells=3 failed=2 acknowledged=22 lost=1 backward=0 stale=2 outage_ms_max=300 ");
  }

  @Test
  void ofSagasOnlyThoseThatAreHalfDoneBreakAPromise() {
    Tally tally = Tally.ofSagas(4, 3, 2, 0, Duration.ofMillis(700));
    assertThat(tally.isKept()).isTrue();
    assertThat(tally.plus(Tally.ofSagas(1, 0, 0, 1, Duration.ZERO)).isKept()).isFalse();
    assertThat(Tally.NONE.plus(tally).ofTable())
        .isEqualTo("sagas=9 done=4 undone=3 listed=2 half_done=0 takeover_ms_max=700");
  }

  @Test
  void aBackupPromisesThatNothingIsLostMismatchedOrResurrected() {
    Tally tally = Tally.ofBackup(9, 0, 0, 0, Duration.ofMillis(800));
    assertThat(tally.isKept()).isTrue();
    assertThat(tally.plus(Tally.ofBackup(1, 0, 0, 1, Duration.ZERO)).isKept()).isFalse();
    assertThat(Tally.NONE.plus(tally).ofTable())
        .isEqualTo("acknowledged=9 lost=0 mismatched=0 resurrected=0 rto_ms_max=800");
  }

  private int runTallied(String cell) {
    return run(cell, true, SampleCells.Tallied.class);
  }

  @Test
  void whatDidNotRunToItsEndIsAFailure() {
    assertThat(run("", SampleCells.NeverStarted.class, SampleCells.Unfinished.class)).isEqualTo(1);

    assertThat(rows())
        .containsExactlyInAnyOrder(
            "cell: SampleCells.NeverStarted failed seconds=T",
            "cell: SampleCells.Unfinished.givesUp failed (aborted) seconds=T",
            "cell: SampleCells.Unfinished.isLeftOut failed (skipped) seconds=T");
    assertThat(last()).contains(" cells=3 failed=3 ");
  }

  @Test
  void selectsOneInvocationByItsArguments() {
    assertThat(run(".*\\[minutes = -60]")).isZero();

    assertThat(rows())
        .containsExactly(
            "cell: SampleCells.Good.repeats[minutes = -60] passed seconds=T | Repeats minutes=-60");
  }

  @Test
  void saysThatNoCellIsSelected() {
    assertThat(run("NoSuchCell")).isEqualTo(2);

    assertThat(printed()).isEmpty();
    assertThat(errors())
        .contains(
            "NoSuchCell",
            "the tables are: state, logs, tasks, events, sagas, alerts, backup, connections");
  }

  @Test
  void anUnknownTableAndOptionsThatCannotBeReadAreRefused() {
    assertThat(refusal("nothing", "", ""))
        .contains(
            "there is no table \"nothing\"",
            "the tables are: state, logs, tasks, events, sagas, alerts, backup, connections");
    assertThat(refusal("state", "(", "")).contains("no regular expression");
    assertThat(refusal("state", "", "x")).contains("no integer: x");
  }

  private String refusal(String table, String cell, String seed) {
    err.reset();
    assertThat(FaultTables.run(table, cell, seed, print(out), print(err))).isEqualTo(2);
    return errors();
  }

  @Test
  void theSeedIsTakenBackAfterwards() {
    String before = System.getProperty("persistence.test.seed");
    run("SampleCells.Good.counts");
    assertThat(System.getProperty("persistence.test.seed")).isEqualTo(before);
  }

  private int run(String cell) {
    return run(cell, SampleCells.Good.class, SampleCells.Bad.class);
  }

  private int run(String cell, Class<?>... tests) {
    return run(cell, false, tests);
  }

  private int run(String cell, boolean tallied, Class<?>... tests) {
    return new TableRun(
            "sample",
            SampleCells.TAG,
            tallied,
            DiscoverySelectors.selectClasses(tests),
            Pattern.compile(cell),
            7)
        .run(print(out), print(err));
  }

  private List<String> rows() {
    return printed()
        .lines()
        .filter(line -> line.startsWith("cell: "))
        .map(line -> line.replaceFirst("seconds=\\d+\\.\\d", "seconds=T"))
        .toList();
  }

  private String last() {
    return printed().lines().reduce("", (before, line) -> line);
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private static PrintStream print(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
