package io.mistersmith.persistence.core.internal.state.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The test flushes by itself, so that it sees each moment in between. */
class AppliedOwnersTest {

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  private final JournalTracker tracker =
      new JournalTracker(
          bucket.journal(),
          stores.sql().journals(),
          new BucketOwner(
              bucket.journal(), stores.sql().journals().installation(), Optional.empty()),
          Duration.ofSeconds(1),
          PersistenceListener.NOOP,
          clock);
  private final AppliedOwners applied = new AppliedOwners(bucket.reads(), tracker, stores.sql());
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void anOwnerIsAppliedOnceTheLastWriteIs() {
    stores.sql().agents().save(agent, AgentStore.NONE);
    assertThat(isApplied(key)).as("nothing says so").isFalse();
    long first = publish(key);
    assertThat(isApplied(key)).isFalse();
    flush(first, key);
    assertThat(isApplied(key)).isTrue();

    long second = publish(StateKey.of(agent.id(), "another"));
    assertThat(isApplied(key)).isFalse();
    flush(second, StateKey.of(agent.id(), "another"));
    clock.advance(Duration.ofMillis(1));
    publish(StateKey.of(AgentId.random(), "of another agent"));
    assertThat(isApplied(key)).isTrue();
  }

  @Test
  void anOwnerWithADeadLetterIsNot() {
    flush(publish(key), key);
    assertThat(stores.sql().deadLetters().count()).isEqualTo(1);
    assertThat(isApplied(key)).isFalse();
  }

  @Test
  void aStreamThatWasMadeAnewUnseenIsNot() {
    stores.sql().agents().save(agent, AgentStore.NONE);
    for (int i = 0; i < 5; i++) {
      flush(publish(key), key);
    }
    clock.advance(Duration.ofSeconds(1));
    memory.recreate(Bucket.AGENT_STATE);
    long again = publish(StateKey.of(agent.id(), "new"));
    assertThat(again).isLessThan(tracker.position().sequence());
    assertThat(isApplied(key)).isFalse();
  }

  private boolean isApplied(StateKey of) {
    return applied.test(of.agent());
  }

  private long publish(StateKey of) {
    return bucket
        .writes()
        .publish(of, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
  }

  private void flush(long sequence, StateKey of) {
    JournalPosition position = tracker.refresh();
    StateChange change =
        new StateChange(
            bucket.journal().subject(of),
            Optional.of(of),
            Operation.PUT,
            new byte[] {'1'},
            new Revision.OfJournal(position.epoch(), sequence),
            clock.instant(),
            Optional.empty());
    stores
        .sql()
        .journals()
        .apply(position, position.advancedTo(sequence, clock.instant()), List.of(change));
  }
}
