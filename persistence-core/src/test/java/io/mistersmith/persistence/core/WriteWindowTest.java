package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Asynchronous writes that wait for a thread or for their turn, with values of 100 kB. */
class WriteWindowTest {

  private static final int LENGTH = 100_000;

  private final Faults faults = new Faults(5);
  private final Agent agent = Agent.of("test", "tester");
  private final Persistence persistence = open();

  private Persistence open() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    NatsConfig nats =
        config.nats().toBuilder()
            .requestTimeout(Duration.ofMillis(50))
            .maxInFlightBytes(10 * (LENGTH + 2))
            .build();
    Persistence opened =
        Persistence.open(
            config.toBuilder().nats(nats).build(), new FaultyStores(new InMemoryStores(), faults));
    opened.agents().save(agent);
    return opened;
  }

  @AfterEach
  void close() {
    faults.clear();
    persistence.close();
  }

  @Test
  void creationsAreBoundedByBytes() {
    StateRepository<String> states = persistence.states(String.class);
    // As many as the engine has threads for them: the others wait for one.
    assertThat(saveWhileHeld(8, states, SaveOptions.ifAbsent(), "a-%d")).isEqualTo(10);
  }

  @Test
  void writesByRulesAreBoundedByBytes() {
    StateRepository<String> states =
        persistence.states(
            StateType.untyped(String.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    assertThat(saveWhileHeld(1, states, SaveOptions.unconditional(), "same")).isEqualTo(10);
  }

  /** Starts 20 saves while the first are held at the store; returns how many were made. */
  private int saveWhileHeld(
      int held, StateRepository<String> states, SaveOptions options, String key) {
    List<Gate> gates =
        Stream.generate(() -> faults.on(Call.PUBLISH).pauseBefore()).limit(held).toList();
    List<CompletableFuture<Boolean>> saves = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      saves.add(
          states
              .saveAsync(StateKey.of(agent.id(), key.formatted(i)), "x".repeat(LENGTH), options)
              .handle((saved, failure) -> failure == null));
    }
    assertThat(saves).filteredOn(CompletableFuture::isDone).as("refused").hasSize(10);
    gates.forEach(Gate::release);
    return (int) saves.stream().filter(CompletableFuture::join).count();
  }
}
