package io.mistersmith.persistence.bench;

import java.util.Arrays;

/**
 * Makes the calls of both sides in turn, a few at a time, so that what else the machine does meets
 * both alike, and notes the median time of each beside JMH's score, which is that of both together.
 */
final class Turns {

  /** The label of the one side. */
  static final String RAW = "raw";

  /** The label of the other. */
  static final String OURS = "ours";

  private static final int CALLS = 20;

  private Turns() {}

  /** One call, of a key by its number. */
  interface Call {
    Object make(int i) throws Exception;
  }

  /** Notes the medians of so many turns of both, in microseconds. */
  static int take(int turns, Call raw, Call ours) throws Exception {
    long[] rawNanos = new long[turns * CALLS];
    long[] ourNanos = new long[turns * CALLS];
    int kept = 0;
    for (int turn = 0; turn < turns; turn++) {
      kept += make(raw, turn, rawNanos);
      kept += make(ours, turn, ourNanos);
    }
    Recorder.note(RAW, median(rawNanos));
    Recorder.note(OURS, median(ourNanos));
    return kept;
  }

  private static int make(Call call, int turn, long[] nanos) throws Exception {
    int kept = 0;
    for (int i = turn * CALLS; i < (turn + 1) * CALLS; i++) {
      long start = System.nanoTime();
      Object result = call.make(i % Workbench.KEYS);
      nanos[i] = System.nanoTime() - start;
      kept += result.hashCode();
    }
    return kept;
  }

  private static double median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1e3;
  }
}
