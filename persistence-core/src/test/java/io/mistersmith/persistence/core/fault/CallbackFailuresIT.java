package io.mistersmith.persistence.core.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Application code fails on the engine's threads and on those of the connection to NATS. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CallbackFailuresIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int KEYS = 28;

  private final FaultServers servers = FaultServers.unharmed();

  @Test
  void anOutOfMemoryErrorThatPassesLeavesNoKeyBehind() throws Exception {
    Installation installation = servers.installation();
    AtomicInteger errors = new AtomicInteger();
    PersistenceListener listener =
        PersistenceListener.of(
            PersistenceEvent.Flushed.class,
            report -> {
              if (errors.incrementAndGet() <= 3) {
                throw new OutOfMemoryError("that passes, in a listener");
              }
            });
    AtomicInteger decoded = new AtomicInteger();
    Set<Long> heard = ConcurrentHashMap.newKeySet();
    try (Persistence persistence = installation.open(listener)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states =
          persistence.states(
              StateType.untyped(Long.class)
                  .withCodec(
                      new Numbers(
                          () -> {
                            if (decoded.incrementAndGet() <= 3) {
                              throw new OutOfMemoryError("that passes, in a codec");
                            }
                          })));
      try (StateRepository.Watch watch =
          states.watch(agent, event -> event.value().ifPresent(now -> heard.add(now.value())))) {
        assertThat(watch).isNotNull();
        for (int round = 0; round < 5; round++) {
          flushed(installation, states, agent, 100L * round);
        }
        await().atMost(SOON).until(() -> heard.size() == 5 * KEYS - 3);
      }
      assertThat(errors).hasValueGreaterThan(3);
      assertThat(persistence.operations().notices()).isEmpty();
      servers.report(
          "CallbackFailures",
          "errors_in_listener=3 errors_in_codec=3 keys=%d flushed=%d heard=%d"
              .formatted(KEYS, installation.rows().size(), heard.size()));
    }
  }

  @Test
  void anInterruptInAContinuationDoesNotEndTheConnection() {
    Installation installation = servers.installation();
    try (Persistence persistence = installation.open()) {
      AgentId agent = installation.register(persistence, 1).get(0);
      AtomicInteger interrupted = new AtomicInteger();
      StateRepository<Long> states =
          persistence.states(
              StateType.untyped(Long.class)
                  .withCodec(new Numbers(() -> interruptLibrary("persistence-nats", interrupted))));
      for (long i = 0; i < 20; i++) {
        StateKey key = StateKey.of(agent, "k" + i);
        var followed =
            states
                .saveAsync(key, i, SaveOptions.unconditional())
                .thenAccept(saved -> interruptLibrary("persistence-nats", interrupted));
        assertThat(followed).succeedsWithin(SOON);
        assertThat(states.findAsync(key)).succeedsWithin(SOON);
      }
      assertThat(interrupted).as("interrupts of the connection's threads").hasPositiveValue();
      flushed(installation, states, agent, 1_000);
    }
  }

  private static void interruptLibrary(String prefix, AtomicInteger count) {
    if (Thread.currentThread().getName().startsWith(prefix)) {
      count.incrementAndGet();
      Thread.currentThread().interrupt();
    }
  }

  /** Writes the keys without waiting, and waits until all of them are rows. */
  private static void flushed(
      Installation installation, StateRepository<Long> states, AgentId agent, long first) {
    List<CompletableFuture<Versioned<Long>>> writes =
        LongStream.range(0, KEYS)
            .mapToObj(
                i ->
                    states.saveAsync(
                        StateKey.of(agent, "k" + i), first + i, SaveOptions.unconditional()))
            .toList();
    Ledger ledger = new Ledger();
    for (int i = 0; i < KEYS; i++) {
      assertThat(writes.get(i)).succeedsWithin(SOON);
      ledger.acknowledged(StateKey.of(agent, "k" + i), writes.get(i).join().revision(), first + i);
    }
    installation.awaitAll(ledger);
  }

  private record Numbers(Runnable onDecode) implements JsonCodec<Long> {

    @Override
    public byte[] encode(Long value) {
      return Long.toString(value).getBytes(UTF_8);
    }

    @Override
    public Long decode(byte[] json) {
      onDecode.run();
      return Long.valueOf(new String(json, UTF_8));
    }
  }
}
