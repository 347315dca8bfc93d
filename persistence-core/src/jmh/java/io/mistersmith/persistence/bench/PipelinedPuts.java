package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.state.SaveOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One caller that does not wait, at most 512 puts under way on both sides. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class PipelinedPuts {

  private static final int PUTS = 5_000;
  private static final int WINDOW = 512;

  private final Workbench bench = Workbench.shared();

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    bench.settle();
  }

  /** 5,000 puts of each side, and all of their acknowledgements; notes both, by the second. */
  @Benchmark
  public int put() throws InterruptedException {
    long start = System.nanoTime();
    int puts = raw();
    long middle = System.nanoTime();
    puts += ours();
    long end = System.nanoTime();
    Recorder.note(Turns.RAW, PUTS * 1e9 / (middle - start));
    Recorder.note(Turns.OURS, PUTS * 1e9 / (end - middle));
    return puts;
  }

  private int raw() throws InterruptedException {
    Semaphore window = new Semaphore(WINDOW);
    AtomicInteger failures = new AtomicInteger();
    for (int i = 0; i < PUTS; i++) {
      window.acquire();
      CompletableFuture<?> unused =
          bench
              .jetStream
              .publishAsync(bench.subjects[i % Workbench.KEYS], bench.json)
              .whenComplete((ack, failure) -> ended(window, failures, failure));
    }
    window.acquire(WINDOW);
    return none(failures);
  }

  private int ours() throws InterruptedException {
    Semaphore window = new Semaphore(0);
    AtomicInteger failures = new AtomicInteger();
    for (int i = 0; i < PUTS; i++) {
      CompletableFuture<?> unused =
          bench
              .states
              .saveAsync(bench.keys[i % Workbench.KEYS], bench.value, SaveOptions.unconditional())
              .whenComplete((saved, failure) -> ended(window, failures, failure));
    }
    window.acquire(PUTS);
    return none(failures);
  }

  private static void ended(Semaphore window, AtomicInteger failures, Object failure) {
    if (failure != null) {
      failures.incrementAndGet();
    }
    window.release();
  }

  private static int none(AtomicInteger failures) {
    if (failures.get() > 0) {
      throw new IllegalStateException(failures + " puts failed");
    }
    return PUTS;
  }
}
