package io.mistersmith.persistence.bench;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Reads of 1,000 keys that this process keeps in memory; by hand from Caffeine alone. Each takes
 * less than the clock does, so both sides take turns of many reads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class CachedGets {

  private static final int TURNS = 51;
  private static final int READS = 10_000;

  private final Fixture kept = Opened.get("cached", Fixture::new);

  /** So many reads. */
  private interface Reading {
    void read(int reads, Blackhole hole);
  }

  /** An immutable value: decoded once. */
  @Benchmark
  public void shared(Blackhole hole) {
    take(hole, this::readSteps, READS);
  }

  /** A value with a list and a map: decoded each time, by hand not at all. */
  @Benchmark
  public void decoded(Blackhole hole) {
    take(hole, this::readMemories, READS / 50);
  }

  private void take(Blackhole hole, Reading ours, int reads) {
    double[] rawRates = new double[TURNS];
    double[] ourRates = new double[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
      rawRates[turn] = rate(this::readRaw, READS, hole);
      ourRates[turn] = rate(ours, reads, hole);
    }
    Arrays.sort(rawRates);
    Arrays.sort(ourRates);
    Recorder.note(Turns.RAW, rawRates[TURNS / 2]);
    Recorder.note(Turns.OURS, ourRates[TURNS / 2]);
  }

  /** How many per second. */
  private static double rate(Reading reading, int reads, Blackhole hole) {
    long start = System.nanoTime();
    reading.read(reads, hole);
    return reads * 1e9 / (System.nanoTime() - start);
  }

  private void readRaw(int reads, Blackhole hole) {
    for (int i = 0; i < reads; i++) {
      hole.consume(kept.raw.getIfPresent(kept.keys[i % Workbench.KEYS]));
    }
  }

  private void readSteps(int reads, Blackhole hole) {
    for (int i = 0; i < reads; i++) {
      hole.consume(kept.steps.find(kept.keys[i % Workbench.KEYS]));
    }
  }

  private void readMemories(int reads, Blackhole hole) {
    for (int i = 0; i < reads; i++) {
      hole.consume(kept.memories.find(kept.keys[i % Workbench.KEYS]));
    }
  }

  /**
   * The state of an agent's work.
   *
   * @param goal what it wants
   * @param step how far it is
   * @param confidence how sure it is
   */
  public record Step(String goal, long step, double confidence) {}

  private static final class Fixture implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Step> steps;
    private final StateRepository<Memory> memories;
    private final StateKey[] keys;
    private final Cache<StateKey, Optional<Versioned<Step>>> raw =
        Caffeine.newBuilder().maximumSize(100_000).build();

    Fixture() {
      persistence =
          Persistence.open(
              Site.present()
                  .config("kept-" + ProcessHandle.current().pid() + "-")
                  .cache(CacheConfig.builder().timeToLive(Duration.ofHours(1)).build())
                  .build());
      steps = persistence.states(Step.class);
      memories = persistence.states(Memory.class);
      keys = Workbench.keys(persistence, 10, Workbench.KEYS).toArray(StateKey[]::new);
      for (StateKey key : keys) {
        memories.save(key, Memory.large(7));
      }
      for (StateKey key : keys) {
        raw.put(key, untilKept(key));
      }
    }

    private Optional<Versioned<Step>> untilKept(StateKey key) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      Optional<Versioned<Step>> found = steps.find(key);
      while (found.isEmpty() || found.get().layer() != StorageLayer.MEMORY_CACHE) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("key " + key + " is not kept");
        }
        Thread.onSpinWait();
        found = steps.find(key);
      }
      return found;
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
