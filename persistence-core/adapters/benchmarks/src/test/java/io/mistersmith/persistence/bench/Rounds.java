package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.bench.Chat.Append;
import io.mistersmith.persistence.bench.Figure.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times the calls of two sides in turns. The side that begins changes with each round.
 *
 * @param warmUps how many rounds come before those that count
 * @param counted how many rounds count
 * @param calls how many calls of each side a round has; its value is their median
 */
record Rounds(int warmUps, int counted, int calls) {

  /** Prepares the calls of one side in one round, which is not timed. */
  interface Side {
    /** Returns what prepares each of the round's calls. */
    Preparation begin() throws Exception;
  }

  /** Prepares a call. */
  interface Preparation {
    Append next() throws Exception;
  }

  /** Returns microseconds for each call. */
  List<Pair> micros(Side raw, Side ours) throws Exception {
    List<Pair> pairs = new ArrayList<>();
    for (int round = -warmUps; round < counted; round++) {
      boolean rawFirst = round % 2 == 0;
      double first = median(rawFirst ? raw : ours);
      double second = median(rawFirst ? ours : raw);
      if (round >= 0) {
        pairs.add(rawFirst ? new Pair(first, second) : new Pair(second, first));
      }
    }
    return pairs;
  }

  /** Returns calls per second. */
  List<Pair> perSecond(Side raw, Side ours) throws Exception {
    return micros(raw, ours).stream()
        .map(pair -> new Pair(1e6 / pair.raw(), 1e6 / pair.ours()))
        .toList();
  }

  private double median(Side side) throws Exception {
    Preparation preparation = side.begin();
    long[] nanos = new long[calls];
    for (int i = 0; i < calls; i++) {
      Append call = preparation.next();
      long start = System.nanoTime();
      call.make();
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    return nanos[calls / 2] / 1e3;
  }
}
