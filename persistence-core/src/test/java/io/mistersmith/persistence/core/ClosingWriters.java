package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Threads that write in each way there is until the runtime is closed under them: each write either
 * is acknowledged or fails as {@code CLOSED}, or as transient where it was cut off.
 */
public final class ClosingWriters {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int PIPELINED = 16;

  private final Map<StateKey, Revision> acknowledged = new ConcurrentHashMap<>();
  private final LongAdder count = new LongAdder();
  private final List<CompletableFuture<DataError>> ends = new ArrayList<>();

  private ClosingWriters() {}

  /** One pass of a writer. */
  private interface Pass {
    void write(int number) throws Exception;
  }

  /** Starts the threads. */
  public static ClosingWriters start(Persistence persistence, AgentId agent) {
    ClosingWriters writers = new ClosingWriters();
    StateRepository<Integer> plain = persistence.states(Integer.class);
    StateRepository<Integer> resolving =
        persistence.states(
            StateType.untyped(Integer.class)
                .withRules(ConflictRules.of(conflict -> Resolution.takeIncoming())));
    writers.run("sync", n -> writers.note(key(agent, "s", n), plain.save(key(agent, "s", n), n)));
    writers.run("update", n -> writers.update(plain, key(agent, "u", 0), n));
    writers.run("async", n -> writers.pipelined(plain, agent, "a", n));
    writers.run("ordered", n -> writers.pipelined(resolving, agent, "o", n));
    return writers;
  }

  private static StateKey key(AgentId agent, String kind, int number) {
    return StateKey.of(agent, kind + number % 61);
  }

  private void run(String name, Pass pass) {
    CompletableFuture<DataError> end = new CompletableFuture<>();
    ends.add(end);
    Thread thread =
        new Thread(
            () -> {
              try {
                for (int n = 0; ; n++) {
                  pass.write(n);
                }
              } catch (PersistenceException e) {
                end.complete(e.error());
              } catch (Throwable e) {
                end.completeExceptionally(e);
              }
            },
            "closing-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void update(StateRepository<Integer> states, StateKey key, int number) {
    if (number == 0) {
      note(key, states.save(key, 0));
    }
    note(key, states.update(key, value -> value + 1));
  }

  /** Half of them to one key, so that they queue where they are kept in order. */
  private void pipelined(StateRepository<Integer> states, AgentId agent, String kind, int number)
      throws InterruptedException, TimeoutException {
    Map<CompletableFuture<Versioned<Integer>>, StateKey> writes = new HashMap<>();
    for (int i = 0; i < PIPELINED; i++) {
      StateKey key = key(agent, kind, i % 2 == 0 ? 0 : number * PIPELINED + i);
      writes.put(states.saveAsync(key, i, SaveOptions.unconditional()), key);
    }
    PersistenceException failure = null;
    for (Map.Entry<CompletableFuture<Versioned<Integer>>, StateKey> write : writes.entrySet()) {
      try {
        note(write.getValue(), write.getKey().get(SOON.toSeconds(), TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        failure = (PersistenceException) e.getCause();
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void note(StateKey key, Versioned<Integer> saved) {
    count.increment();
    acknowledged.merge(key, saved.revision(), (a, b) -> b.isAfter(a) ? b : a);
  }

  /** Waits until so many writes are acknowledged. */
  public void awaitAcknowledged(long least) {
    await()
        .pollInterval(Duration.ofMillis(2))
        .atMost(SOON)
        .until(() -> count.sum() >= least || ends.stream().anyMatch(CompletableFuture::isDone));
    assertThat(ends).as("writers that ended early").noneMatch(CompletableFuture::isDone);
  }

  /** Waits until each writer was refused as closed; returns the latest acknowledged revisions. */
  public Map<StateKey, Revision> awaitRefused() {
    for (CompletableFuture<DataError> end : ends) {
      assertThat(end).succeedsWithin(SOON).isEqualTo(DataError.CLOSED);
    }
    return acknowledged;
  }

  /** How many writes were acknowledged. */
  public long count() {
    return count.sum();
  }
}
