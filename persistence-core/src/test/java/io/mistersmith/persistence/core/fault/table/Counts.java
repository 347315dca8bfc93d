package io.mistersmith.persistence.core.fault.table;

/**
 * Takes the line in which a test says what it did and what it counted. The line is printed, unless
 * a table runs: it collects the lines for the row of the cell. Thread-safe.
 */
public final class Counts {

  /** Receives what is reported. Called from any thread. */
  interface Sink {

    void line(String line);

    void tally(Tally tally);
  }

  static final Sink PRINTED =
      new Sink() {
        @Override
        public void line(String line) {
          System.out.println("fault: " + line);
        }

        @Override
        public void tally(Tally tally) {
          // The line of the test has its numbers.
        }
      };

  private static volatile Sink sink = PRINTED;

  private Counts() {}

  /** Reports one line of the test that runs. */
  public static void report(String line) {
    sink.line(line);
  }

  /** Reports one line of the test that runs: what it did, its tally, and what else it counted. */
  public static void report(String what, Tally tally, String more) {
    sink.tally(tally);
    sink.line((what + " " + tally + " " + more).strip());
  }

  static void collect(Sink collector) {
    sink = collector;
  }
}
