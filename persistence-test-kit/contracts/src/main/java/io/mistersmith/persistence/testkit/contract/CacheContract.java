package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Reads that the cache of the process may answer, and reads that it must not. */
public abstract class CacheContract extends PersistenceContract {

  /** For implementations. */
  protected CacheContract() {}

  private StateRepository<Integer> numbers(Persistence runtime) {
    return runtime.states(Integer.class);
  }

  private StateRepository<Integer> numbers() {
    return numbers(persistence());
  }

  private static Versioned<Integer> untilCached(StateRepository<Integer> states, StateKey key) {
    return Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(
            () -> states.find(key).orElseThrow(),
            found -> found.layer() == StorageLayer.MEMORY_CACHE);
  }

  private static void untilFound(
      StateRepository<Integer> states, StateKey key, Optional<Integer> value) {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> states.find(key).map(Versioned::value).equals(value));
  }

  private CacheStats stats() {
    return persistence().operations().cacheStats(DataType.AGENT_STATE).orElseThrow();
  }

  @Test
  void aReadIsAnsweredFromMemoryWithAllThatTheStoresSay() throws Exception {
    Revision saved = numbers().save(key("k"), 7).revision();
    Versioned<Integer> cached = untilCached(numbers(), key("k"));
    assertThat(cached.value()).isEqualTo(7);
    assertThat(cached.revision()).isEqualTo(saved);
    assertThat(numbers().findAsync(key("k")).get(60, TimeUnit.SECONDS)).contains(cached);
    assertThat(row(numbers().findAll(List.of(key("k"))), key("k"))).contains(cached);
    long before = stats().hits();
    assertThat(numbers().find(key("k"))).contains(cached);
    assertThat(stats().hits()).isEqualTo(before + 1);
  }

  @Test
  void everyKindOfOwnWriteIsSeenAtOnce() throws Exception {
    StateRepository<Integer> states = numbers();
    List<Runnable> writes = new ArrayList<>();
    writes.add(() -> states.save(key("k"), 1));
    writes.add(() -> states.save(key("k"), 2, SaveOptions.at(revision("k"))));
    writes.add(() -> states.update(key("k"), n -> n + 1));
    writes.add(() -> states.saveAsync(key("k"), 4, SaveOptions.unconditional()).join());
    writes.add(() -> states.saveAsync(key("k"), 5, SaveOptions.at(revision("k"))).join());
    writes.add(() -> row(states.saveAll(Map.of(key("k"), 6)), key("k")));
    states.save(key("k"), 0);
    for (int i = 0; i < writes.size(); i++) {
      untilCached(states, key("k"));
      writes.get(i).run();
      assertThat(states.find(key("k")).orElseThrow().value()).isEqualTo(i + 1);
      untilCached(states, key("k"));
      writes.get(i).run();
      assertThat(states.findAsync(key("k")).get(60, TimeUnit.SECONDS).orElseThrow().value())
          .isEqualTo(i == 2 ? i + 2 : i + 1);
    }
  }

  @Test
  void everyKindOfOwnDeleteIsSeenAtOnce() {
    StateRepository<Integer> states = numbers();
    List<Runnable> deletes =
        List.of(
            () -> states.delete(key("k")),
            () -> states.delete(key("k"), revision("k")),
            () -> states.deleteAsync(key("k")).join(),
            () -> row(states.deleteAll(List.of(key("k"))), key("k")));
    for (Runnable delete : deletes) {
      states.save(key("k"), 1);
      untilCached(states, key("k"));
      delete.run();
      assertThat(states.find(key("k"))).isEmpty();
    }
  }

  private Revision revision(String key) {
    return numbers().find(key(key)).orElseThrow().revision();
  }

  @Test
  void repositoriesOfOneTypeOfDataShareIt() {
    numbers().save(key("k"), 1);
    untilCached(numbers(), key("k"));
    states().save(key("k"), 2);
    assertThat(numbers().find(key("k")).orElseThrow().value()).isEqualTo(2);
    untilCached(numbers(), key("k"));
    assertThat(texts().find(key("k")).orElseThrow().value()).isEqualTo("2");
  }

  @Test
  void anotherRuntimesWriteIsSeenWhenTheWatchDeliversIt() {
    Persistence other = open(config().build());
    numbers().save(key("k"), 0);
    for (int i = 1; i <= 10; i++) {
      untilCached(numbers(), key("k"));
      numbers(other).save(key("k"), i);
      untilFound(numbers(), key("k"), Optional.of(i));
    }
    untilCached(numbers(), key("k"));
    numbers(other).delete(key("k"));
    untilFound(numbers(), key("k"), Optional.empty());
    numbers(other).save(key("k"), 11);
    untilFound(numbers(), key("k"), Optional.of(11));
  }

  @Test
  void whoIsToldOfAChangeReadsNothingOlder() throws Exception {
    Persistence other = open(config().build());
    numbers().save(key("k"), 0);
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<Revision> told = new ConcurrentLinkedQueue<>();
    StateRepository.Watch watch =
        numbers()
            .watch(
                agent(),
                event -> {
                  Revision read = revision("k");
                  if (event.revision().isAfter(read)) {
                    wrong.add("told of " + event.revision() + ", read " + read);
                  }
                  told.add(event.revision());
                });
    try (watch) {
      for (int i = 1; i <= 30; i++) {
        untilCached(numbers(), key("k"));
        numbers(other).save(key("k"), i);
      }
      Awaitility.await().atMost(SOON).until(() -> told.size() >= 30);
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void aLostRaceIsNotRepeatedFromMemory() {
    Persistence other = open(config().build());
    numbers().save(key("k"), 0);
    for (int i = 1; i <= 10; i++) {
      Revision old = untilCached(numbers(), key("k")).revision();
      Revision latest = numbers(other).save(key("k"), i).revision();
      assertThatThrownBy(() -> numbers().save(key("k"), -1, SaveOptions.at(old)))
          .isInstanceOf(TransientPersistenceException.class);
      assertThat(revision("k")).isEqualTo(latest);
    }
  }

  @Test
  void aWriteWhoseAcknowledgementWasLostIsNotHiddenByMemory() {
    Faults faults = new Faults(5);
    StateRepository<Integer> states = numbers(open(config().build(), faults));
    states.save(key("k"), 0);
    for (int i = 1; i <= 8; i++) { // with ten the breaker would open
      int value = i;
      untilCached(states, key("k"));
      faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
      assertThatThrownBy(() -> states.save(key("k"), value))
          .isInstanceOf(TransientPersistenceException.class);
      assertThat(states.find(key("k")).orElseThrow().value()).isEqualTo(i);
    }
  }

  @Test
  void anEntryIsNotAnsweredAfterItsEnd() {
    numbers().save(key("k"), 1, SaveOptions.unconditional().withTimeToLive(Duration.ofSeconds(2)));
    assertThat(numbers().find(key("k"))).isPresent();
    elapse(Duration.ofMillis(2_100));
    assertThat(numbers().find(key("k"))).isEmpty();
  }

  @Test
  void thatThereIsNothingIsRememberedUntilThereIs() {
    Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> numbers().find(key("k")).isEmpty() && stats().negativeHits() > 0);
    numbers().save(key("k"), 1);
    assertThat(numbers().find(key("k")).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void whatSomebodyMayChangeIsHandedToNobodyElse() {
    states().save(key("k"), Map.of("list", List.of(1)));
    untilCached(numbersOf(key("other")), key("other"));
    for (int i = 0; i < 5; i++) {
      @SuppressWarnings("unchecked")
      Map<String, Object> value = (Map<String, Object>) find(key("k")).value();
      assertThat(value).containsOnlyKeys("list");
      value.put("more", i);
    }
  }

  private StateRepository<Integer> numbersOf(StateKey key) {
    numbers().save(key, 1);
    return numbers();
  }

  @Test
  void aDeletedAgentsStateIsNotAnsweredFromMemory() {
    numbers().save(key("k"), 1);
    untilCached(numbers(), key("k"));
    persistence().agents().delete(agent());
    assertThat(numbers().find(key("k"))).isEmpty();
  }

  @Test
  void whereItIsOffNothingIsAnsweredFromMemory() {
    Persistence off =
        open(config().cache(CacheConfig.builder().excluded(DataType.AGENT_STATE).build()).build());
    numbers(off).save(key("k"), 1);
    for (int i = 0; i < 10; i++) {
      assertThat(numbers(off).find(key("k")).orElseThrow().layer())
          .isEqualTo(StorageLayer.DISTRIBUTED_KV);
    }
    assertThat(off.operations().cacheStats(DataType.AGENT_STATE)).isEmpty();
    assertThat(off.operations().cacheStats(DataType.SESSION_DATA)).isPresent();
    assertThat(off.operations().cacheStats(DataType.TASK_INFO)).isEmpty();
  }

  @Test
  void sessionsAreKeptToo() {
    StateRepository<Integer> sessions =
        persistence().states(StateType.untyped(Integer.class).in(DataType.SESSION_DATA));
    StateKey key = StateKey.of(AgentId.external("session"), "k");
    sessions.save(key, 1);
    untilCached(sessions, key);
    sessions.save(key, 2);
    assertThat(sessions.find(key).orElseThrow().value()).isEqualTo(2);
  }
}
