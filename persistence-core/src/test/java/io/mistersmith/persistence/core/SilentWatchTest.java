package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A runtime whose watch has not delivered yet what another one wrote. Its memory may answer with
 * the past, but not once the runtime has come to know better, or does not know how its own write
 * ended.
 */
class SilentWatchTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(5);
  private final PersistenceConfig config =
      PersistenceConfig.inMemory().clock(ManualClock.create()).build();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private final Persistence elsewhere = Persistence.open(config, stores);
  private final StateRepository<Integer> others = elsewhere.states(Integer.class);
  private @Nullable Gate silence;

  @SuppressWarnings("NullAway.Init") // set before each test
  private Persistence here;

  @SuppressWarnings("NullAway.Init")
  private StateRepository<Integer> states;

  /** The other runtime flushes already, so that this one has no reader for that. */
  @BeforeEach
  void openBesideAnotherThatFlushes() {
    elsewhere.agents().save(agent);
    try (Stores probe = stores.open(config)) {
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  !probe
                      .sql()
                      .journals()
                      .acquireLease("AGENT_STATE", "nobody", Duration.ofMillis(1)));
    }
    here = Persistence.open(config, new FaultyStores(stores, faults));
    states = here.states(Integer.class);
  }

  @AfterEach
  void close() {
    if (silence != null) {
      silence.close();
    }
    here.close();
    elsewhere.close();
  }

  private CacheStats stats() {
    return here.operations().cacheStats(DataType.AGENT_STATE).orElseThrow();
  }

  /** Holds the watch of the memory, before which no other journal reader may be open here. */
  private void silence() throws InterruptedException {
    assertThat(faults.on(Call.OPEN_READER).count()).as("readers").isEqualTo(1);
    silence = faults.on(Call.NEXT_ENTRY).pauseBefore();
    assertThat(silence.awaitArrival(SOON)).isTrue();
  }

  private Versioned<Integer> cachedAndOvertaken() throws InterruptedException {
    others.save(key, 1);
    Versioned<Integer> cached =
        Awaitility.await()
            .atMost(SOON)
            .until(
                () -> states.find(key).orElseThrow(),
                found -> found.layer() == StorageLayer.MEMORY_CACHE);
    silence();
    others.save(key, 2);
    assertThat(states.find(key)).as("the watch is silent").containsSame(cached);
    return cached;
  }

  private void assertFound(int value) {
    assertThat(states.find(key)).map(Versioned::value).contains(value);
  }

  @Test
  void aRefusedCreationForgetsThatThereWasNothing() throws Exception {
    Awaitility.await()
        .atMost(SOON)
        .until(() -> states.find(key).isEmpty() && stats().negativeHits() > 0);
    silence();
    others.save(key, 2);
    assertThat(states.find(key)).as("the watch is silent").isEmpty();
    assertThatThrownBy(() -> states.save(key, 3, SaveOptions.ifAbsent()))
        .isInstanceOf(NonTransientPersistenceException.class);
    assertFound(2);
  }

  @Test
  void aRefusedCompareAndSetForgetsWhatItWasBasedOn() throws Exception {
    Versioned<Integer> cached = cachedAndOvertaken();
    assertThatThrownBy(() -> states.save(key, 3, SaveOptions.at(cached.revision())))
        .isInstanceOf(TransientPersistenceException.class);
    assertFound(2);
  }

  @Test
  void aResolverThatKeptTheOtherVersionHasMadeItKnown() throws Exception {
    cachedAndOvertaken();
    StateRepository<Integer> resolving =
        here.states(
            StateType.untyped(Integer.class)
                .withRules(ConflictRules.of(conflict -> Resolution.keepCurrent())));
    assertThat(resolving.save(key, 3).value()).isEqualTo(2);
    assertThat(resolving.find(key)).map(Versioned::value).contains(2);
    assertFound(2);
  }

  @Test
  void anUpdateThatFailsHasMadeKnownWhatItRead() throws Exception {
    cachedAndOvertaken();
    assertThatThrownBy(
            () ->
                states.update(
                    key,
                    value -> {
                      throw new IllegalStateException("found " + value);
                    }))
        .hasMessage("found 2");
    assertFound(2);
  }

  @Test
  void anUpdateThatFindsNothingForgetsWhatThereWas() throws Exception {
    cachedAndOvertaken();
    others.delete(key);
    assertThatThrownBy(() -> states.update(key, value -> value + 1))
        .isInstanceOf(NonTransientPersistenceException.class);
    assertThat(states.find(key)).isEmpty();
  }

  @Test
  void aWriteWhoseAcknowledgementWasLostForgetsWhatItMayHaveReplaced() throws Exception {
    cachedAndOvertaken();
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    assertThatThrownBy(() -> states.save(key, 3)).isInstanceOf(TransientPersistenceException.class);
    assertFound(3);
  }

  @Test
  void soDoesOneThatNobodyWaitedFor() throws Exception {
    cachedAndOvertaken();
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    assertThat(states.saveAsync(key, 3, SaveOptions.unconditional())).failsWithin(SOON);
    assertFound(3);
  }

  @Test
  void anOutageForgetsEverythingSinceNobodyTellsOfChanges() throws Exception {
    cachedAndOvertaken();
    others.flush(key, SOON);
    faults.hotOutage(true);
    Versioned<Integer> found = states.find(key).orElseThrow();
    assertThat(found.value()).isEqualTo(2);
    assertThat(found.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(found.awaySince()).isPresent();
    faults.hotOutage(false);
  }

  @Test
  void whoIsToldOfAChangeDoesNotReadWhatWasBeforeIt() throws Exception {
    cachedAndOvertaken();
    BlockingQueue<Optional<Integer>> found = new LinkedBlockingQueue<>();
    try (StateRepository.Watch watch =
        states.watch(agent.id(), event -> found.add(states.find(key).map(Versioned::value)))) {
      assertThat(watch).isNotNull();
      others.save(key, 3);
      assertThat(found.poll(SOON.toSeconds(), TimeUnit.SECONDS)).contains(3);
    }
  }
}
