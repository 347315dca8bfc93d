package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Durability;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.repository.StateRepository;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The same runtime over few keys and over many, at random among them, values of 100 bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ManyKeys {

  static final String HEAP = "heap";
  static final String HEAP_BOUND = "heap.bound";
  private static final int FEW = 1_000;
  private static final int KEYS_OF_AN_AGENT = 1_000;

  /** How many keys the library remembers revisions of: from there on its heap is to stay. */
  private static final int REMEMBERED = 100_000;

  /** Few and many take turns from round to round. */
  @Param("0")
  public int round;

  /** Whether it is done among few keys or among many. */
  @Param({"FEW", "MANY"})
  public String among = "FEW";

  /** How many are many. */
  @Param("1000000")
  public int many;

  private Keys keys = Opened.get("few", () -> new Keys("few-", FEW));

  /** Writes the keys, once; waits for what earlier rounds left. */
  @Setup
  public void open() {
    keys =
        among.equals("FEW")
            ? Opened.get("few", () -> new Keys("few-", FEW))
            : Opened.get("many", () -> new Keys("many-", many));
    keys.settle();
  }

  /** An unconditional put. */
  @Benchmark
  public Object put() {
    return keys.states.save(keys.any(), keys.value);
  }

  /** A read. */
  @Benchmark
  public Object get() {
    return keys.states.find(keys.any()).orElseThrow();
  }

  /** Only tells what the heap held after the many keys were written. */
  @Benchmark
  public long heap() {
    Recorder.note(HEAP, keys.heap / 1e6);
    Recorder.note(HEAP_BOUND, keys.heapAtBound / 1e6);
    return keys.heap;
  }

  private static final class Keys implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final String[] agents;
    private final int count;
    private final Memory value = Memory.small(7);
    private final long heapAtBound;
    private final long heap;

    Keys(String prefix, int count) throws InterruptedException {
      this.count = count;
      persistence =
          Persistence.open(
              Site.present()
                  .config(prefix + ProcessHandle.current().pid() + "-")
                  .knownRevisions(REMEMBERED)
                  .build());
      states = persistence.states(DataType.AGENT_STATE, Memory.class);
      agents = new String[count / KEYS_OF_AN_AGENT];
      for (int i = 0; i < agents.length; i++) {
        agents[i] = persistence.agents().save(Agent.of("bench", "agent " + i)).value().id() + "";
      }
      int bound = Math.min(2 * REMEMBERED, count);
      write(0, bound);
      heapAtBound = usedAfterCollection();
      write(bound, count);
      heap = usedAfterCollection();
    }

    private void write(int from, int to) throws InterruptedException {
      Semaphore ended = new Semaphore(0);
      for (int i = from; i < to; i++) {
        CompletableFuture<?> unused =
            states
                .saveAsync(key(i), value, SaveOptions.unconditional())
                .whenComplete((saved, failure) -> ended.release());
      }
      ended.acquire(to - from);
      settle();
    }

    void settle() {
      states.save(
          key(0), value, SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
    }

    private StateKey any() {
      return key(ThreadLocalRandom.current().nextInt(count));
    }

    private StateKey key(int i) {
      return StateKey.of(agents[i / KEYS_OF_AN_AGENT], "memory-" + i % KEYS_OF_AN_AGENT);
    }

    private static long usedAfterCollection() {
      for (int i = 0; i < 3; i++) {
        ManagementFactory.getMemoryMXBean().gc();
      }
      return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
