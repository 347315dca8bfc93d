package io.mistersmith.persistence.core.fault.table;

import java.util.function.Consumer;

/**
 * Takes the line in which a test says what it did and what it counted. The line is printed, unless
 * a table runs: it collects the lines for the row of the cell. Thread-safe.
 */
public final class Counts {

  private static volatile Consumer<String> sink = Counts::print;

  private Counts() {}

  /** Reports one line of the test that runs. */
  public static void report(String line) {
    sink.accept(line);
  }

  static void collect(Consumer<String> collector) {
    sink = collector;
  }

  static void print(String line) {
    System.out.println("fault: " + line);
  }
}
