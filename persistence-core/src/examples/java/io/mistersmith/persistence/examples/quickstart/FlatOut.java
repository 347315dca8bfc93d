package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Writes without any pause and counts what NATS acknowledges and what PostgreSQL commits. The first
 * seconds warm the JVM up and do not count.
 */
final class FlatOut {

  /**
   * The counts of a run.
   *
   * @param time how long it was written
   * @param acknowledged writes that were acknowledged in that time
   * @param committed writes that were committed in that time
   * @param rest how long it took afterwards until every write was committed
   */
  record Counted(Duration time, long acknowledged, long committed, Duration rest) {

    long acknowledgedPerSecond() {
      return acknowledged * 1_000 / time.toMillis();
    }

    long committedPerSecond() {
      return committed * 1_000 / time.toMillis();
    }
  }

  static final int AGENTS = 16;
  static final int KEYS_OF_EACH = 500;

  private static final Duration WARM_UP = Duration.ofSeconds(2);
  private static final Duration FLUSH = Duration.ofSeconds(60);

  private final List<JsonNode> values;
  private final List<Agent> agents = new ArrayList<>();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder committed = new LongAdder();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Queue<CompletableFuture<?>> underWay = new ArrayDeque<>();
  private long calls;

  private FlatOut(List<JsonNode> values) {
    this.values = values;
  }

  /**
   * Writes the values in turn, pipelined, to 8,000 keys in turn, so that hardly any write is
   * superseded before it is committed.
   *
   * @throws QuickstartException when a write fails
   */
  static Counted count(WriterSettings settings, List<JsonNode> values, Duration time) {
    FlatOut run = new FlatOut(values);
    PersistenceListener commits =
        PersistenceListener.of(
            PersistenceEvent.Flushed.class, flushed -> run.committed.add(flushed.entries()));
    try (Persistence persistence =
        Persistence.open(
            settings.named("quickstart-flat-out").engine(commits).toBuilder()
                .flush(FlushConfig.defaults())
                .build())) {
      return run.count(persistence, time);
    }
  }

  private Counted count(Persistence persistence, Duration time) {
    StateRepository<JsonNode> states = persistence.states(JsonNode.class);
    for (int i = 0; i < AGENTS; i++) {
      agents.add(persistence.agents().save(Agent.of("quickstart", "flat out " + i)).value());
    }
    write(states, WARM_UP);
    flush(persistence);
    long acknowledgedBefore = acknowledged.sum();
    long committedBefore = committed.sum();
    long start = System.nanoTime();
    write(states, time);
    long end = System.nanoTime();
    long acknowledgedThen = acknowledged.sum() - acknowledgedBefore;
    long committedThen = committed.sum() - committedBefore;
    flush(persistence);
    Duration rest = Duration.ofNanos(System.nanoTime() - end);
    return new Counted(Duration.ofNanos(end - start), acknowledgedThen, committedThen, rest);
  }

  /** The window of unacknowledged writes is what holds the caller up. */
  private void write(StateRepository<JsonNode> states, Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (; System.nanoTime() < end; calls++) {
      int key = (int) (calls % (AGENTS * KEYS_OF_EACH));
      underWay.add(
          states
              .saveAsync(
                  StateKey.of(agents.get(key % AGENTS).id(), AgentState.conversation(key / AGENTS)),
                  values.get((int) (calls % values.size())),
                  SaveOptions.unconditional())
              .handle((saved, failed) -> note(failed)));
      while (!underWay.isEmpty() && underWay.element().isDone()) {
        underWay.remove();
      }
    }
  }

  private boolean note(@Nullable Throwable failed) {
    if (failed == null) {
      acknowledged.increment();
      return true;
    }
    return failure.compareAndSet(null, failed);
  }

  /** Returns when PostgreSQL has committed every write. */
  private void flush(Persistence persistence) {
    CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).join();
    for (Agent agent : agents) {
      persistence.lifecycle().flush(agent.id(), FLUSH);
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new QuickstartException("a write failed: " + failed.getMessage());
    }
  }
}
