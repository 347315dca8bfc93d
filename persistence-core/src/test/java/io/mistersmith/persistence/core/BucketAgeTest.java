package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ends of entries in a bucket whose maximum age an operator changes while it is in use. */
class BucketAgeTest {

  private static final Duration FIVE_HOURS = Duration.ofHours(5);
  private static final SaveOptions LONG = SaveOptions.unconditional().withTimeToLive(FIVE_HOURS);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Persistence persistence =
      Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores);
  private final StateRepository<String> sessions =
      persistence.states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
  private final StateKey key = StateKey.of(AgentId.external("user"), "k");

  @AfterEach
  void close() {
    persistence.close();
  }

  private void assertEndsIn(Duration time, Versioned<String> version) {
    assertThat(version.expiresAt()).contains(clock.instant().plus(time));
  }

  @Test
  void theEndThatIsReportedIsTheOneThatHolds() {
    for (Duration age : new Duration[] {Duration.ofMinutes(10), Duration.ofHours(3)}) {
      sessions.delete(key);
      stores.changeMaxAge(Bucket.SESSION_DATA, age);
      assertEndsIn(age, sessions.save(key, "1", LONG));
      assertEndsIn(age, sessions.find(key).orElseThrow());
      clock.advance(age.minusMillis(1));
      assertEndsIn(Duration.ofMillis(1), sessions.find(key).orElseThrow());
      clock.advance(Duration.ofMillis(1));
      assertThat(sessions.find(key)).isEmpty();
    }
  }

  @Test
  void anEntryThatIsThereAlreadyEndsEarlierWhenTheAgeIsLowered() {
    StateKey forgotten = StateKey.of(AgentId.external("user"), "not in memory");
    assertEndsIn(Duration.ofHours(1), sessions.save(forgotten, "1", LONG));
    stores.changeMaxAge(Bucket.SESSION_DATA, Duration.ofMinutes(10));
    assertEndsIn(Duration.ofMinutes(10), sessions.find(forgotten).orElseThrow());
    assertEndsIn(Duration.ofMinutes(10), sessions.update(forgotten, value -> value + "2"));
    clock.advance(Duration.ofMinutes(10));
    assertThat(sessions.find(forgotten)).isEmpty();
  }

  @Test
  void whatAsksForLongLivesAsLongAsItAskedWhereTheBucketKeepsIt() {
    stores.changeMaxAge(Bucket.SESSION_DATA, Duration.ZERO);
    assertEndsIn(FIVE_HOURS, sessions.save(key, "1", LONG));
    assertThat(sessions.save(key, "2").expiresAt()).isEmpty();
  }
}
