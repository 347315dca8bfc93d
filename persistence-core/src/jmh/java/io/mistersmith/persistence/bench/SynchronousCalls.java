package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.state.SaveOptions;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One caller, one call at a time, 1,000 keys. The library maps a record to JSON and back, jnats is
 * given and gives bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SynchronousCalls {

  private static final int TURNS = Workbench.KEYS / 20;

  private final Workbench bench = Workbench.shared();

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    bench.settle();
  }

  /** An unconditional put. */
  @Benchmark
  public int put() throws Exception {
    return Turns.take(TURNS, i -> rawPut(bench, i), i -> put(bench, i));
  }

  /** A compare-and-set of the revision that the caller wrote last. */
  @Benchmark
  public int compareAndSet() throws Exception {
    return Turns.take(TURNS, this::rawUpdate, i -> replace(bench, i));
  }

  /** A runtime that keeps nothing in memory, so that it has to read from KV. */
  @State(Scope.Benchmark)
  public static class Uncached {
    private final Workbench bench =
        Workbench.of("uncached", config -> config.cache(CacheConfig.off()));
  }

  /** A read from KV. */
  @Benchmark
  public int get(Uncached uncached) throws Exception {
    Workbench kv = uncached.bench;
    return Turns.take(
        TURNS,
        i -> Objects.requireNonNull(kv.bucket.get(kv.rawKeys[i])).getValue(),
        i -> kv.states.find(kv.keys[i]).orElseThrow().revision());
  }

  static Object rawPut(Workbench bench, int i) throws Exception {
    bench.rawRevisions[i] = bench.bucket.put(bench.rawKeys[i], bench.json);
    return bench.rawKeys;
  }

  static Object put(Workbench bench, int i) {
    Revision written = bench.states.save(bench.keys[i], bench.value).revision();
    bench.revisions[i] = written;
    return written;
  }

  private Object rawUpdate(int i) throws Exception {
    bench.rawRevisions[i] =
        bench.bucket.update(bench.rawKeys[i], bench.json, bench.rawRevisions[i]);
    return bench.rawKeys;
  }

  static Object replace(Workbench bench, int i) {
    Revision written =
        bench
            .states
            .save(bench.keys[i], bench.value, SaveOptions.at(bench.revisions[i]))
            .revision();
    bench.revisions[i] = written;
    return written;
  }

  /** A runtime that remembers one revision, so that it has to read those it is asked to replace. */
  @State(Scope.Benchmark)
  public static class Cold {
    private final Workbench bench = Workbench.of("cold", config -> config.knownRevisions(1));
  }

  /**
   * A compare-and-set of a revision that this process does not know; by hand a get and an update.
   */
  @Benchmark
  public int coldCompareAndSet(Cold cold) throws Exception {
    return Turns.take(TURNS, i -> rawReadAndUpdate(cold.bench, i), i -> replace(cold.bench, i));
  }

  private static Object rawReadAndUpdate(Workbench bench, int i) throws Exception {
    long read = Objects.requireNonNull(bench.bucket.get(bench.rawKeys[i])).getRevision();
    bench.rawRevisions[i] = bench.bucket.update(bench.rawKeys[i], bench.json, read);
    return bench.rawKeys;
  }
}
