package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * What the sets {@code state_search} and {@code events} cost the flush: the same writes by two
 * runtimes, one whose database has the set and one whose database has not; and what a search takes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SearchedFlushes {

  private static final int KEYS = 5_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** How many entries are written in a round. */
  @Param("20000")
  public int writes;

  private final Writer plain = Opened.get("plain", () -> new Writer("plain", Site.present()));
  private final Writer searched =
      Opened.get("searched", () -> new Writer("searched", Site.present().withSets("state_search")));
  private final Writer noted =
      Opened.get("noted", () -> new Writer("noted", Site.present().withSets("events")));

  /** Writes as fast as it goes, until all is in PostgreSQL. */
  @Benchmark
  public int flush() throws Exception {
    Recorder.note(Turns.RAW, plain.write(writes));
    Recorder.note(Turns.OURS, searched.write(writes));
    return writes;
  }

  /** {@link #flush} with the outbox. */
  @Benchmark
  public int note() throws Exception {
    Recorder.note(Turns.RAW, plain.write(writes));
    Recorder.note(Turns.OURS, noted.write(writes));
    return writes;
  }

  /** Finds one entry of many by its content, beside by its word. */
  @Benchmark
  public int search() throws Exception {
    return Turns.take(5, searched::byContent, searched::byWord);
  }

  /** An entry with a text, as an agent's notes have it. */
  record Note(int n, String kind, String text) {}

  private static final class Writer implements AutoCloseable {
    private final Persistence persistence;
    private final StateRepository<Note> notes;
    private final List<StateKey> keys;
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
        key = keys.get(written % KEYS);
        last = notes.saveAsync(key, note(written), SaveOptions.unconditional());
        written++;
      }
      notes.awaitDurable(key, last.join().revision(), PATIENCE);
      return writes * 1e9 / (System.nanoTime() - start);
    }

    private static Note note(int n) {
      StringBuilder text = new StringBuilder("note").append(n);
      for (int i = 0; text.length() < 900; i++) {
        text.append(" word").append((n * 31 + i * 17) % 20_000);
      }
      return new Note(n, "kind " + n % 10, text.toString());
    }

    Object byContent(int i) {
      return notes.search(StateQuery.containing(Map.of("n", written - 1 - i % 1_000)));
    }

    Object byWord(int i) {
      return notes.search(StateQuery.matching("note" + (written - 1 - i % 1_000)));
    }

    @Override
    public void close() {
      persistence.close();
    }
  }
}
