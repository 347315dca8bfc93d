package io.mistersmith.persistence.bench;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.StateRepository;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reads of 1,000 keys that this process keeps in memory; by hand from Caffeine alone. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CachedGets {

  /** Raw and ours take turns from round to round. */
  @Param("0")
  public int round;

  /** Who does it. */
  @Param({"RAW", "OURS"})
  public Side side = Side.RAW;

  private final Kept kept = Opened.get("kept", Kept::new);
  private int next;

  /** A value that nobody can change: decoded once. */
  @Benchmark
  public @Nullable Object shared() {
    int i = next();
    return side == Side.RAW ? kept.raw.getIfPresent(kept.keys[i]) : kept.steps.find(kept.keys[i]);
  }

  /** A value with a list and a map: decoded each time, by hand not at all. */
  @Benchmark
  public @Nullable Object decoded() {
    int i = next();
    return side == Side.RAW
        ? kept.raw.getIfPresent(kept.keys[i])
        : kept.memories.find(kept.keys[i]);
  }

  private int next() {
    next = next + 1 < Workbench.KEYS ? next + 1 : 0;
    return next;
  }

  /**
   * What an agent is at.
   *
   * @param goal what it wants
   * @param step how far it is
   * @param confidence how sure it is
   */
  public record Step(String goal, long step, double confidence) {}

  private static final class Kept implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Step> steps;
    private final StateRepository<Memory> memories;
    private final StateKey[] keys;
    private final Cache<StateKey, Optional<Versioned<Step>>> raw =
        Caffeine.newBuilder().maximumSize(100_000).build();

    Kept() {
      persistence =
          Persistence.open(
              Site.present()
                  .config("kept-" + ProcessHandle.current().pid() + "-")
                  .cache(CacheConfig.defaults().withTimeToLive(Duration.ofHours(1)))
                  .build());
      steps = persistence.states(DataType.AGENT_STATE, Step.class);
      memories = persistence.states(DataType.AGENT_STATE, Memory.class);
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
