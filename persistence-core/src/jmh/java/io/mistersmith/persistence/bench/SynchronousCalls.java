package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.repository.SaveOptions;
import io.nats.client.JetStreamApiException;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One caller, one call at a time, 1,000 keys in turn. The library maps a record to JSON and back,
 * jnats is given and gives bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SynchronousCalls {

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** Who does it. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  private Workbench bench = Workbench.shared();
  private int next;

  /** Waits for what earlier rounds left. */
  @Setup
  public void settle() {
    bench.settle();
  }

  /** An unconditional put. */
  @Benchmark
  public Object put() throws IOException, JetStreamApiException {
    int i = next();
    if (side == Side.RAW) {
      bench.rawRevisions[i] = bench.bucket.put(bench.rawKeys[i], bench.json);
      return bench.rawKeys[i];
    }
    bench.revisions[i] = bench.states.save(bench.keys[i], bench.value).revision();
    return bench.revisions[i];
  }

  /** A compare-and-set of the revision that the caller wrote last. */
  @Benchmark
  public Object compareAndSet() throws IOException, JetStreamApiException {
    int i = next();
    if (side == Side.RAW) {
      bench.rawRevisions[i] =
          bench.bucket.update(bench.rawKeys[i], bench.json, bench.rawRevisions[i]);
      return bench.rawKeys[i];
    }
    bench.revisions[i] =
        bench
            .states
            .save(bench.keys[i], bench.value, SaveOptions.at(bench.revisions[i]))
            .revision();
    return bench.revisions[i];
  }

  /** A read from KV. */
  @Benchmark
  public Object get() throws IOException, JetStreamApiException {
    int i = next();
    if (side == Side.RAW) {
      return Objects.requireNonNull(bench.bucket.get(bench.rawKeys[i])).getValue();
    }
    return bench.states.find(bench.keys[i]).orElseThrow().value();
  }

  private int next() {
    next = next + 1 < Workbench.KEYS ? next + 1 : 0;
    return next;
  }

  /** A compare-and-set of a revision that this process does not know, and has to read first. */
  @State(Scope.Benchmark)
  public static class Cold {
    private final Workbench bench = Workbench.of("cold", config -> config.knownRevisions(1));

    Revision replace(int i) {
      Revision written =
          bench
              .states
              .save(bench.keys[i], bench.value, SaveOptions.at(bench.revisions[i]))
              .revision();
      bench.revisions[i] = written;
      return written;
    }

    long readAndUpdate(int i) throws IOException, JetStreamApiException {
      long read = Objects.requireNonNull(bench.bucket.get(bench.rawKeys[i])).getRevision();
      return bench.bucket.update(bench.rawKeys[i], bench.json, read);
    }
  }

  /** What it costs by hand: read, then update. */
  @Benchmark
  public Object coldCompareAndSet(Cold cold) throws IOException, JetStreamApiException {
    int i = next();
    return side == Side.RAW ? cold.readAndUpdate(i) : cold.replace(i);
  }
}
