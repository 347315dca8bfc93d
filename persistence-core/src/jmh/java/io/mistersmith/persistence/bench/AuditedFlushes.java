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

  /** Writes as fast as it goes, until all is in PostgreSQL. */
  @Benchmark
  public int flush() throws Exception {
    Recorder.note(Turns.RAW, plain.write(writes));
    Recorder.note(Turns.OURS, audited.write(writes));
    return writes;
  }

  /** An entry with a text, as an agent's notes have it. */
  record Note(int n, String kind, String text) {}

  private static final class Writer implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Note> notes;
    private final List<StateKey> keys;
    private final String text = "word ".repeat(180);
    private int written;

    Writer(String name, Site site) {
      persistence =
          Persistence.open(site.config(name + "-" + ProcessHandle.current().pid() + "-").build());
      notes = persistence.states(Note.class);
      keys = Workbench.keys(persistence, 50, KEYS);
    }

    /** Returns how many a second reached PostgreSQL. */
    double write(int writes) throws InterruptedException {
      long start = System.nanoTime();
      CompletableFuture<Versioned<Note>> last = new CompletableFuture<>();
      StateKey key = keys.get(0);
      for (int i = 0; i < writes; i++) {
        StateKey next = keys.get(written % KEYS);
        Note note = new Note(written, "kind " + written % 10, text + written);
        last = ACTOR.call(() -> notes.saveAsync(next, note, SaveOptions.unconditional()));
        key = next;
        written++;
      }
      notes.awaitDurable(key, last.join().revision(), PATIENCE);
      return writes * 1e9 / (System.nanoTime() - start);
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
