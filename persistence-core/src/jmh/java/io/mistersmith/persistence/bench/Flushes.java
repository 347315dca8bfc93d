package io.mistersmith.persistence.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From write to commit, 20,000 keys of 100 agents in turn. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
public class Flushes {

  static final String LAG = "lag.p95";

  /** At most this many of the last throughputs are remembered. */
  private static final double[] THROUGHPUTS = new double[5];

  private static int shots;

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** The implementation that does the work. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  /** How many writes are made as fast as it goes. */
  @Param("60000")
  public int writes;

  /** How many seconds are written at four fifths of what the library can sustain. */
  @Param("5")
  public int seconds;

  private final Pipelines pipelines = Opened.get("flushes", Pipelines::new);

  /** Writes as fast as it goes, until all is in PostgreSQL. */
  @Benchmark
  public int backlog() throws InterruptedException {
    long start = System.nanoTime();
    pipelines.write(side, writes, 1e9);
    if (side == Side.OURS) {
      THROUGHPUTS[shots++ % THROUGHPUTS.length] = writes * 1e9 / (System.nanoTime() - start);
    }
    return writes;
  }

  /** Writes at four fifths of that. */
  @Benchmark
  public int steady() throws InterruptedException {
    double[] sorted = Arrays.copyOf(THROUGHPUTS, Math.min(shots, THROUGHPUTS.length));
    Arrays.sort(sorted);
    double rate = 0.8 * sorted[sorted.length / 2];
    Lags lags = side == Side.RAW ? pipelines.rawLags : pipelines.lags;
    lags.clear();
    pipelines.write(side, (int) (rate * seconds), rate);
    Recorder.note(LAG, lags.millis(0.95));
    Recorder.note("rate", rate);
    return seconds;
  }
}
