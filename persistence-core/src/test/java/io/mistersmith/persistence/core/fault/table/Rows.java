package io.mistersmith.persistence.core.fault.table;

import io.mistersmith.persistence.core.fault.table.Row.Outcome;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Prints a row when a cell ends. A class or a method that fails as a whole, before or after its
 * cells, is a row as well. The cells run one after the other.
 */
final class Rows implements TestExecutionListener, Counts.Sink {

  private final PrintStream out;
  private final PrintStream err;
  private final boolean tallied;
  private final ConcurrentMap<String, Long> began = new ConcurrentHashMap<>();
  private final List<String> counts = new ArrayList<>();
  private final List<Tally> tallies = new ArrayList<>();
  private Tally sum = Tally.NONE;
  private int cells;
  private int failed;

  /** Fails cells without a tally where {@code tallied}. */
  Rows(PrintStream out, PrintStream err, boolean tallied) {
    this.out = out;
    this.err = err;
    this.tallied = tallied;
  }

  @Override
  public synchronized void line(String line) {
    counts.add(line);
  }

  @Override
  public synchronized void tally(Tally tally) {
    tallies.add(tally);
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    began.put(test.getUniqueId(), System.nanoTime());
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    if (!reason.equals(SelectedCells.NOT_SELECTED)) {
      print(test, Outcome.SKIPPED);
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Outcome outcome =
        switch (result.getStatus()) {
          case SUCCESSFUL -> Outcome.PASSED;
          case ABORTED -> Outcome.ABORTED;
          case FAILED -> Outcome.FAILED;
        };
    if (test.isTest() || outcome != Outcome.PASSED) {
      print(test, outcome);
      result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(err));
    }
  }

  private synchronized void print(TestIdentifier test, Outcome outcome) {
    long now = System.nanoTime();
    long start = began.getOrDefault(test.getUniqueId(), now);
    Tally tally = tallies.stream().reduce(Tally.NONE, Tally::plus);
    Row row =
        new Row(
            name(test), judged(outcome, tally), Duration.ofNanos(now - start), List.copyOf(counts));
    sum = sum.plus(tally);
    counts.clear();
    tallies.clear();
    cells++;
    failed += row.isFailed() ? 1 : 0;
    out.println(row.line());
  }

  private Outcome judged(Outcome outcome, Tally tally) {
    if (outcome != Outcome.PASSED) {
      return outcome;
    }
    if (tallied && tallies.isEmpty()) {
      return Outcome.UNCOUNTED;
    }
    return tally.isKept() ? outcome : Outcome.BROKEN;
  }

  private static String name(TestIdentifier test) {
    TestSource source = test.getSource().orElse(null);
    if (source instanceof MethodSource method) {
      String name = SelectedCells.methodName(method);
      return test.getUniqueId().contains("-invocation:#")
          ? CellName.of(name, test.getDisplayName())
          : name;
    }
    return source instanceof ClassSource type
        ? CellName.ofClass(type.getClassName())
        : test.getDisplayName();
  }

  synchronized int cells() {
    return cells;
  }

  synchronized int failed() {
    return failed;
  }

  synchronized Tally sum() {
    return sum;
  }
}
