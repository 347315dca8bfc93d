package io.mistersmith.persistence.core.internal.state.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Cases that the engine's tests cannot time, in which nobody else has read the stream before. */
class ConfirmationTest {

  private static final Duration IDLE = Duration.ofMinutes(30);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  private final StateKey key = StateKey.of(AgentId.random(), "k");
  private final JournalTracker tracker =
      new JournalTracker(
          bucket.journal(),
          stores.sql().journals(),
          new BucketOwner(
              bucket.journal(), stores.sql().journals().installation(), Optional.empty()),
          Duration.ofSeconds(1),
          PersistenceListener.NOOP,
          clock);
  private final Confirmation confirmation =
      new Confirmation(
          bucket.journal(),
          bucket.writes(),
          tracker,
          stores.sql().states(),
          stores.sql().deadLetters(),
          new RowJudge(bucket.name(), stores.sql().journals(), Duration.ofDays(7), clock),
          Freshness.of(clock, IDLE),
          10);

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void anUnflushedEntryOfAStreamMadeAnewUnseenStands() {
    publish();
    JournalPosition start = tracker.position();
    stores.sql().journals().apply(start, start.advancedTo(5, clock.instant()), List.of());
    clock.advance(Duration.ofSeconds(1));
    memory.recreate(Bucket.AGENT_STATE);
    HotEntry entry = publish();
    clock.advance(IDLE);
    assertThat(confirmation.removeOutdated(List.of(entry))).isEmpty();
    assertThat(bucket.reads().get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void withoutTheDatabaseAnEntryStandsThatWasOldAndUnflushedWhenItWent() {
    HotEntry entry = publish();
    clock.advance(IDLE);
    tracker.refresh();
    memory.sqlOutage(true);
    assertThat(confirmation.removeOutdated(List.of(entry))).isEmpty();
    assertThat(bucket.reads().get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void aCopyStandsWhoseRowWasNeverInThisDatabase() {
    HotEntry copy = publishCopy();
    assertThat(confirmation.removeOutdated(List.of(copy))).isEmpty();
    assertThat(bucket.reads().get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void aCopyIsOutdatedWhoseRowThisDatabaseHadAndRemoved() {
    JournalPosition start = tracker.position();
    stores.sql().journals().apply(start, start.advancedTo(7, clock.instant()), List.of());
    clock.advance(IDLE);
    assertThat(stores.sql().journals().appliedFor(tracker.refresh(), IDLE)).isEqualTo(7);
    HotEntry copy = publishCopy();
    assertThat(confirmation.removeOutdated(List.of(copy))).containsExactly(key);
    assertThat(bucket.reads().get(key, ReadFrom.LEADER)).isEmpty();
  }

  @Test
  void aCopyIsOutdatedThatIsOlderThanTombstonesAreKept() {
    HotEntry copy = publishCopy();
    clock.advance(Duration.ofDays(8));
    assertThat(confirmation.removeOutdated(List.of(copy))).containsExactly(key);
  }

  /** A copy of what the current epoch's message 5 would be, which the position is past. */
  private HotEntry publishCopy() {
    for (int i = 0; i < 9; i++) {
      bucket
          .writes()
          .publish(
              StateKey.of(key.agent(), "other " + i),
              Operation.PUT,
              new byte[] {'1'},
              EntryMetadata.NONE,
              HotWrites.ANY);
    }
    long sequence =
        bucket
            .writes()
            .publish(
                key,
                Operation.PUT,
                new byte[] {'1'},
                EntryMetadata.hydrated(
                    new Revision.OfJournal(tracker.position().epoch(), 5), Optional.empty()),
                HotWrites.ANY);
    JournalPosition now = tracker.refresh();
    stores.sql().journals().apply(now, now.advancedTo(sequence, clock.instant()), List.of());
    clock.advance(IDLE);
    return bucket.reads().get(key, ReadFrom.LEADER).orElseThrow();
  }

  private HotEntry publish() {
    bucket
        .writes()
        .publish(key, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
    return bucket.reads().get(key, ReadFrom.LEADER).orElseThrow();
  }
}
