package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Conditional writes whose condition holds, and which lose their compare-and-set many times in a
 * row, as they do beside a process that deletes, moves or rewrites the key all the time.
 */
class ContendedWriteTest {

  private static final int LOST = 150;

  private final Faults faults = new Faults(1);
  private final FaultyStores stores = new FaultyStores(new InMemoryStores(), faults);
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private final Persistence persistence =
      Persistence.open(
          PersistenceConfig.inMemory()
              .cache(CacheConfig.off())
              .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(2)).build())
              .build(),
          stores);
  private final StateRepository<String> plain = persistence.states(String.class);
  private final StateRepository<String> resolving =
      persistence.states(
          StateType.untyped(String.class)
              .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
  }

  @AfterEach
  void close() {
    faults.clear();
    persistence.close();
  }

  private void lose() {
    faults.on(Call.PUBLISH).conflictNext(LOST);
  }

  @Test
  void aCreateOfADeletedKeySucceeds() throws Exception {
    for (StateRepository<String> states : List.of(plain, resolving)) {
      states.delete(key);
      lose();
      assertThat(states.save(key, "1", SaveOptions.ifAbsent()).value()).isEqualTo("1");
      states.delete(key);
      lose();
      assertThat(
              states.saveAsync(key, "2", SaveOptions.ifAbsent()).get(60, TimeUnit.SECONDS).value())
          .isEqualTo("2");
    }
  }

  @Test
  void aWriteAtARevisionThatHoldsSucceeds() throws Exception {
    for (StateRepository<String> states : List.of(plain, resolving)) {
      Versioned<String> first = states.save(key, "1");
      lose();
      Versioned<String> second = states.save(key, "2", SaveOptions.at(first.revision()));
      lose();
      Versioned<String> third =
          states.saveAsync(key, "3", SaveOptions.at(second.revision())).get(60, TimeUnit.SECONDS);
      lose();
      assertThat(states.update(key, value -> value + "4").value()).isEqualTo("34");
      assertThatThrownBy(() -> states.save(key, "5", SaveOptions.at(third.revision())))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT));
      Versioned<String> last = states.find(key).orElseThrow();
      lose();
      states.delete(key, last.revision());
      assertThat(states.find(key)).isEmpty();
    }
  }
}
