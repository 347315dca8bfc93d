package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig.Storage;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A step of three keys against one save, both by the library. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Steps {

  private static final int TURNS = 5;
  private static final int KEYS = 3;
  private static final StateType<Memory> TYPE = StateType.untyped(Memory.class);

  private final Workbench disk = Workbench.shared();
  private final Workbench memory =
      Workbench.of(
          "memory",
          config ->
              config.bucket(
                  Bucket.AGENT_STATE,
                  Bucket.AGENT_STATE.defaults().toBuilder().storage(Storage.MEMORY).build()));

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    disk.settle();
    memory.settle();
  }

  /** In a bucket with one replica on disk. */
  @Benchmark
  public int onDisk() throws Exception {
    return Turns.take(TURNS, i -> SynchronousCalls.put(disk, i), i -> step(disk, i));
  }

  /** In a bucket in memory. */
  @Benchmark
  public int inMemory() throws Exception {
    return Turns.take(TURNS, i -> SynchronousCalls.put(memory, i), i -> step(memory, i));
  }

  private static Object step(Workbench bench, int i) {
    Step step = bench.persistence.step();
    // The keys of an agent follow each other.
    int first = i / KEYS * KEYS;
    for (int k = 0; k < KEYS; k++) {
      StateKey key = StateKey.of(bench.keys[i].agent(), "step-" + (first + k));
      step.save(TYPE, key, bench.value);
    }
    return step.commit();
  }
}
