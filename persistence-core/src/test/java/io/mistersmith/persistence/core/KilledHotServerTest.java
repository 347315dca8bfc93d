package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hot server is killed, and brings back versions that were superseded and evicted. */
class KilledHotServerTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMinutes(30);

  /** More than a key's history holds. */
  private static final int WRITES = 8;

  private static final int COMES_BACK = WRITES - 5;
  private static final Duration NEVER = Duration.ofDays(1_000);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "cursor");
  private final PersistenceConfig config = config(Duration.ofSeconds(30));
  private Persistence persistence = Persistence.open(config, stores);
  private StateRepository<Integer> states = persistence.states(Integer.class);

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
  }

  @AfterEach
  void close() {
    persistence.close();
  }

  private PersistenceConfig config(Duration sweep) {
    return PersistenceConfig.inMemory()
        .clock(clock)
        .cache(CacheConfig.off())
        .flush(
            FlushConfig.builder()
                .idleTimeToLive(IDLE)
                .sweepInterval(sweep)
                .closeDeadline(Duration.ofSeconds(2))
                .build())
        .build();
  }

  @Test
  void aSupersededVersionThatCameBackIsNotAnswered() {
    Revision latest = writeOften();
    evict();
    killed();
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(WRITES);
    assertThat(states.find(key).orElseThrow().revision()).isEqualTo(latest);
  }

  @Test
  void aDeletedKeyThatCameBackIsNotAnsweredEvenWhenItsTombstoneIsGone() {
    writeOften();
    states.delete(key);
    states.flush(key, SOON);
    clock.advance(Duration.ofDays(8));
    try (Stores probe = stores.open(config)) {
      await().atMost(SOON).until(() -> probe.sql().states().find(key).isEmpty());
    }
    evict();
    killed();
    assertThat(states.find(key)).isEmpty();
    assertThat(states.save(key, 0, SaveOptions.ifAbsent()).value()).isZero();
  }

  @Test
  void nothingIsWrittenAfterWhatCameBackNotEvenByWhoKnewIt() {
    PersistenceConfig withoutSweeps = config(NEVER);
    try (Persistence late = Persistence.open(withoutSweeps, stores)) {
      StateRepository<Integer> theirs = late.states(Integer.class);
      writeOften(COMES_BACK);
      Revision known = theirs.find(key).orElseThrow().revision();
      Revision latest = write(COMES_BACK + 1, WRITES);
      evict();
      killed();
      assertThatThrownBy(() -> theirs.save(key, -1, SaveOptions.at(known)))
          .isInstanceOfSatisfying(
              TransientPersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT));
      assertThat(theirs.save(key, 9, SaveOptions.at(latest)).value()).isEqualTo(9);
    }
  }

  @Test
  void nothingIsMergedWithWhatCameBackNotEvenByWhoWroteIt() {
    List<Integer> met = new ArrayList<>();
    ConflictRules<Integer> rules =
        ConflictRules.of(
            conflict -> {
              conflict.current().value().ifPresent(met::add);
              return Resolution.takeIncoming();
            });
    try (Persistence late = Persistence.open(config(NEVER), stores)) {
      StateRepository<Integer> theirs =
          late.states(StateType.untyped(Integer.class).withRules(rules));
      writeOften(COMES_BACK - 1);
      theirs.save(key, COMES_BACK);
      write(COMES_BACK + 1, WRITES);
      evict();
      killed();
      met.clear();
      theirs.save(key, 9);
      assertThat(met).containsExactly(WRITES);
    }
  }

  @Test
  void aRefusedEntryOutlivesItsTimeInTheBucket() {
    StateKey strange = StateKey.of(Agent.of("test", "stranger").id(), "a");
    states.save(strange, 1);
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);
    clock.advance(IDLE.multipliedBy(2));
    assertThat(states.find(strange).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void anEntryOfADeletedAgentThatCameBackIsNotAnswered() {
    writeOften();
    persistence.agents().delete(agent.id());
    killed();
    assertThat(states.find(key)).isEmpty();
    persistence.agents().save(agent);
    persistence.agents().delete(agent.id());
    killed();
    assertThat(states.find(key)).as("after another delete").isEmpty();
  }

  @Test
  void aDeletedAgentsOldVersionsLeaveAtOnce() {
    writeOften();
    persistence.agents().delete(agent.id());
    try (Stores probe = stores.open(config)) {
      assertThat(probe.hot().bucket(Bucket.AGENT_STATE).journal().state().messages())
          .as("the marker")
          .isOne();
    }
  }

  @Test
  void theCheckFindsNothingThatCouldBeAnswered() {
    writeOften();
    evict();
    killed();
    assertThat(
            persistence.operations().consistency().check(CheckScope.everything()).inconsistencies())
        .isEmpty();
  }

  @Test
  void anAgedEntryThatStandsIsAnsweredFromTheBucketAndAskedAboutOnce() {
    states.save(key, 1);
    states.flush(key, SOON);
    reopenWithoutSweeps();
    clock.advance(IDLE);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
    stores.sqlOutage(true);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void anAnswerAboutAnAgedEntryDoesNotHoldForEver() {
    reopenWithoutSweeps();
    writeOften(COMES_BACK);
    clock.advance(IDLE);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(COMES_BACK);
    try (Persistence other = Persistence.open(config(NEVER), stores);
        Stores probe = stores.open(config)) {
      StateRepository<Integer> theirs = other.states(Integer.class);
      for (int value = COMES_BACK + 1; value <= WRITES; value++) {
        theirs.save(key, value);
      }
      theirs.flush(key, SOON);
      clock.advance(IDLE);
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      bucket.writes().evictAgent(key.agent(), bucket.journal().state().lastSequence()).join();
    }
    killed();
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(WRITES);
  }

  @Test
  void withoutTheDatabaseAFreshEntryIsAnswered() {
    states.save(key, 1);
    states.flush(key, SOON);
    stores.sqlOutage(true);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void withoutTheDatabaseWhatWasFreshWhenItWentIsAnsweredHoweverLongItIsAway() {
    states.save(key, 1);
    states.flush(key, SOON);
    stores.sqlOutage(true);
    clock.advance(IDLE.multipliedBy(3));
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void withoutTheDatabaseWhatIsNotFlushedIsAnsweredHoweverOldItIs() {
    stores.sqlOutage(true);
    Revision written = states.save(key, 1).revision();
    clock.advance(IDLE.multipliedBy(3));
    assertThat(states.find(key).orElseThrow().revision()).isEqualTo(written);
    stores.sqlOutage(false);
    assertThat(states.find(key).orElseThrow().revision()).isEqualTo(written);
    states.awaitDurable(key, written, SOON);
  }

  @Test
  void withoutTheDatabaseWhatWasAgedWhenItWentCannotBeConfirmed() {
    states.save(key, 1);
    states.flush(key, SOON);
    reopenWithoutSweeps();
    clock.advance(IDLE);
    StateKey other = StateKey.of(agent.id(), "other");
    states.awaitDurable(other, states.save(other, 1).revision(), SOON);
    stores.sqlOutage(true);
    assertThatThrownBy(() -> states.find(key))
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.CONSISTENCY_VIOLATION));
    stores.sqlOutage(false);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void aRuntimeThatDoesNotFlushKnowsThePositionLate() {
    reopenWithoutSweeps();
    try (Persistence follower = Persistence.open(config(NEVER), stores)) {
      states.save(key, 1);
      states.flush(key, SOON);
      clock.advance(IDLE);
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                stores.sqlOutage(true);
                try {
                  assertThatThrownBy(() -> follower.states(Integer.class).find(key))
                      .hasMessageContaining("PostgreSQL");
                } finally {
                  stores.sqlOutage(false);
                }
              });
    }
  }

  private Revision writeOften() {
    return writeOften(WRITES);
  }

  private Revision writeOften(int last) {
    return write(1, last);
  }

  private Revision write(int first, int last) {
    Revision revision = states.save(key, first).revision();
    for (int value = first + 1; value <= last; value++) {
      revision = states.save(key, value).revision();
    }
    states.awaitDurable(key, revision, SOON);
    return revision;
  }

  private void evict() {
    clock.advance(IDLE.plusMinutes(1));
    try (Stores probe = stores.open(config)) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
    }
    reopenWithoutSweeps();
  }

  /** From then on nobody cleans up but those who read. */
  private void reopenWithoutSweeps() {
    persistence.close();
    persistence = Persistence.open(config(NEVER), stores);
    states = persistence.states(Integer.class);
  }

  private void killed() {
    stores.killHotServer();
    try (Stores probe = stores.open(config)) {
      assertThat(probe.hot().bucket(Bucket.AGENT_STATE).journal().state().messages())
          .as("messages that came back")
          .isPositive();
      assertThat(probe.hot().bucket(Bucket.AGENT_STATE).reads().get(key, ReadFrom.LEADER))
          .isPresent();
    }
  }
}
