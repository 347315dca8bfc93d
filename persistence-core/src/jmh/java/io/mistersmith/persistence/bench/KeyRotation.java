package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Encryption.Rotation;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * How many entries a second a rotation of data keys rewrites while another thread writes, beside a
 * loop that reads and replaces the same entries.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class KeyRotation {

  private static final int ENTRIES = 2_000;
  private static final Duration BEFORE = Duration.ofMillis(100);

  private final Rotated rotated = Opened.get("rotation", Rotated::new);

  /** Rotates all data keys. */
  @Benchmark
  public int rotate() throws Exception {
    Recorder.note(Turns.RAW, rotated.rate(rotated::replaceAll));
    Recorder.note(Turns.OURS, rotated.rate(rotated::rotate));
    return ENTRIES;
  }

  private static final class Rotated implements AutoCloseable {

    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final List<StateKey> keys;
    private final List<StateKey> busy;
    private final Memory value = Memory.large(7);

    Rotated() {
      Site site = Site.present().withSets("monitoring", "statements");
      persistence =
          Persistence.open(
              SealedCalls.encrypted(site.config("rotation-" + ProcessHandle.current().pid() + "-"))
                  .build());
      states = persistence.states(Memory.class);
      keys = Workbench.keys(persistence, 10, ENTRIES);
      busy = Workbench.keys(persistence, 1, 10);
      keys.forEach(key -> states.save(key, value, SaveOptions.unconditional()));
    }

    /** Returns how many entries a second the work rewrites beside a running load. */
    double rate(Callable<Long> work) throws Exception {
      long made = System.nanoTime();
      Awaitility.await("all data keys to be older")
          .until(() -> System.nanoTime() - made > BEFORE.toNanos());
      AtomicBoolean stop = new AtomicBoolean();
      Thread load =
          new Thread(
              () -> {
                for (int i = 0; !stop.get(); i++) {
                  states.save(busy.get(i % busy.size()), value, SaveOptions.unconditional());
                }
              },
              "bench-load");
      load.start();
      try {
        long start = System.nanoTime();
        long rewritten = work.call();
        return rewritten * 1e9 / (System.nanoTime() - start);
      } finally {
        stop.set(true);
        load.join();
      }
    }

    long replaceAll() {
      keys.forEach(key -> states.update(key, found -> found));
      return keys.size();
    }

    long rotate() {
      Instant since = Instant.now().minus(BEFORE.dividedBy(2));
      Rotation done = persistence.operations().encryption().rotate(Rotation.since(since), at -> {});
      if (done.rewritten() < ENTRIES) {
        throw new IllegalStateException(done + " left entries as they were");
      }
      return done.rewritten();
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
