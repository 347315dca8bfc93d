package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The same runtime over few keys and over many, at random among them, values of 100 bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ManyKeys {

  private static final int FEW = 1_000;
  private static final int KEYS_OF_AN_AGENT = 1_000;

  /** How many keys the library remembers revisions of: from there on its heap is to stay. */
  private static final int REMEMBERED = 100_000;

  private static final int TURNS = 50;

  /** How many are many. */
  @Param("1000000")
  public int many;

  private final Keys few = Opened.get("few", () -> new Keys("few-", FEW));
  private Keys among = few;

  /** Writes the keys, once. */
  @Setup
  public void open() {
    among = Opened.get("many", () -> new Keys("many-", many));
  }

  /** Waits for what earlier rounds left. */
  @Setup(Level.Iteration)
  public void settle() {
    few.settle();
    among.settle();
  }

  /** An unconditional put. */
  @Benchmark
  public int put() throws Exception {
    return Turns.take(
        TURNS,
        i -> few.states.save(few.any(), few.value).revision(),
        i -> among.states.save(among.any(), among.value).revision());
  }

  /** A read. */
  @Benchmark
  public int get() throws Exception {
    return Turns.take(
        TURNS,
        i -> few.states.find(few.any()).orElseThrow().revision(),
        i -> among.states.find(among.any()).orElseThrow().revision());
  }

  /** Only tells what the heap held when there were as many keys as are remembered, and at last. */
  @Benchmark
  public long heap() {
    Recorder.note(Turns.RAW, among.heapAtBound / 1e6);
    Recorder.note(Turns.OURS, among.heap / 1e6);
    return among.heap;
  }

  private static final class Keys implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final AgentId[] agents;
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
                  .cache(CacheConfig.off())
                  .build());
      states = persistence.states(Memory.class);
      agents = new AgentId[count / KEYS_OF_AN_AGENT];
      for (int i = 0; i < agents.length; i++) {
        agents[i] = persistence.agents().save(Agent.of("bench", "agent " + i)).value().id();
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
