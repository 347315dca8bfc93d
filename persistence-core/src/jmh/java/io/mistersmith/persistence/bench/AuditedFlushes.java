package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the set {@code audit} costs the flush: the same writes, each by an actor, by two runtimes,
 * one whose database has the set and one whose database has not.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class AuditedFlushes {

  private static final int KEYS = 5_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Actor ACTOR = Actor.of("bench").withCorrelationId("round");

  /** How many entries are written in a round. */
  @Param("20000")
  public int writes;

  private final Writer plain =
      Opened.get("unaudited", () -> new Writer("unaudited", Site.present()));
  private final Writer audited =
      Opened.get("audited", () -> new Writer("audited", Site.present().withSets("audit")));

  /** Writes what {@link Flushes} writes, as fast as it goes, until all is in PostgreSQL. */
  @Benchmark
  public int flush() throws Exception {
    return turn(n -> Memory.large(7));
  }

  /** Writes entries that differ from the last ones of their keys in all their text. */
  @Benchmark
  public int changes() throws Exception {
    return turn(Memory::large);
  }

  private int turn(LongFunction<Memory> values) throws InterruptedException {
    Recorder.note(Turns.RAW, plain.write(writes, values));
    Recorder.note(Turns.OURS, audited.write(writes, values));
    return writes;
  }

  private static final class Writer implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Memory> states;
    private final List<StateKey> keys;
    private int written;

    Writer(String name, Site site) {
      persistence =
          Persistence.open(site.config(name + "-" + ProcessHandle.current().pid() + "-").build());
      states = persistence.states(Memory.class);
      keys = Workbench.keys(persistence, 50, KEYS);
    }

    /** Returns how many a second reached PostgreSQL. */
    double write(int writes, LongFunction<Memory> values) throws InterruptedException {
      long start = System.nanoTime();
      CompletableFuture<Versioned<Memory>> last = new CompletableFuture<>();
      StateKey key = keys.get(0);
      for (int i = 0; i < writes; i++) {
        StateKey next = keys.get(written % KEYS);
        Memory value = values.apply(written);
        last = ACTOR.call(() -> states.saveAsync(next, value, SaveOptions.unconditional()));
        key = next;
        written++;
      }
      states.awaitDurable(key, last.join().revision(), PATIENCE);
      return writes * 1e9 / (System.nanoTime() - start);
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
