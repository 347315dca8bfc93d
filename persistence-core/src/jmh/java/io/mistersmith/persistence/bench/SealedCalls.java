package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Calls of a runtime that encrypts, beside those of one that does not. Both keep nothing in L1. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SealedCalls {

  private static final int TURNS = Workbench.KEYS / 20;

  private final Workbench plain =
      Workbench.of("uncached", config -> config.cache(CacheConfig.off()));
  private final Workbench sealed =
      Workbench.of("sealed", config -> encrypted(config).cache(CacheConfig.off()));

  static PersistenceConfig.Builder encrypted(PersistenceConfig.Builder config) {
    KeyProvider keys = KeyProvider.inMemory(Map.of("bench", new byte[32]));
    return config.encryption(EncryptionConfig.builder(keys, "bench").build());
  }

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    plain.settle();
    sealed.settle();
  }

  /** A put. */
  @Benchmark
  public int put() throws Exception {
    return Turns.take(
        TURNS, i -> SynchronousCalls.put(plain, i), i -> SynchronousCalls.put(sealed, i));
  }

  /** A read from KV. */
  @Benchmark
  public int get() throws Exception {
    return Turns.take(TURNS, i -> find(plain, i), i -> find(sealed, i));
  }

  private static Object find(Workbench bench, int i) {
    return bench.states.find(bench.keys[i]).orElseThrow().revision();
  }
}
