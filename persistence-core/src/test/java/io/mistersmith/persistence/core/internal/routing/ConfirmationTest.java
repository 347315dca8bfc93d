package io.mistersmith.persistence.core.internal.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.journal.RowJudge;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the engine's tests cannot time: that nobody else looked at the stream before. */
class ConfirmationTest {

  private static final Duration IDLE = Duration.ofMinutes(30);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final HotBucket bucket = stores.bucket(Bucket.AGENT_STATE);
  private final StateKey key = new StateKey(UUID.randomUUID().toString(), "k");
  private final JournalTracker tracker =
      new JournalTracker(
          bucket, stores.journals(), Duration.ofSeconds(1), PersistenceListener.NOOP, clock);
  private final Confirmation confirmation =
      new Confirmation(
          bucket,
          tracker,
          stores.states(),
          stores.deadLetters(),
          new RowJudge(bucket.name(), stores.journals(), Duration.ofDays(7), clock),
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
    stores.journals().apply(start, start.advancedTo(5, clock.instant()), List.of());
    clock.advance(Duration.ofSeconds(1));
    memory.recreate(Bucket.AGENT_STATE);
    HotEntry entry = publish();
    clock.advance(IDLE);
    assertThat(confirmation.removeOutdated(List.of(entry))).isEmpty();
    assertThat(bucket.get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void withoutTheDatabaseAnEntryStandsThatWasOldAndUnflushedWhenItWent() {
    HotEntry entry = publish();
    clock.advance(IDLE);
    tracker.refresh();
    memory.sqlOutage(true);
    assertThat(confirmation.removeOutdated(List.of(entry))).isEmpty();
    assertThat(bucket.get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void aCopyStandsWhoseRowWasNeverInThisDatabase() {
    HotEntry copy = publishCopy();
    assertThat(confirmation.removeOutdated(List.of(copy))).isEmpty();
    assertThat(bucket.get(key, ReadFrom.LEADER)).isPresent();
  }

  @Test
  void aCopyIsOutdatedWhoseRowThisDatabaseHadAndRemoved() {
    JournalPosition start = tracker.position();
    stores.journals().apply(start, start.advancedTo(7, clock.instant()), List.of());
    clock.advance(IDLE);
    assertThat(stores.journals().appliedFor(tracker.refresh(), IDLE)).isEqualTo(7);
    HotEntry copy = publishCopy();
    assertThat(confirmation.removeOutdated(List.of(copy))).containsExactly(key);
    assertThat(bucket.get(key, ReadFrom.LEADER)).isEmpty();
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
      bucket.publish(
          new StateKey(key.agent(), "other " + i),
          Operation.PUT,
          new byte[] {'1'},
          EntryMetadata.NONE,
          HotBucket.ANY);
    }
    long sequence =
        bucket.publish(
            key,
            Operation.PUT,
            new byte[] {'1'},
            EntryMetadata.hydrated(new Revision(tracker.position().epoch(), 5), Optional.empty()),
            HotBucket.ANY);
    JournalPosition now = tracker.refresh();
    stores.journals().apply(now, now.advancedTo(sequence, clock.instant()), List.of());
    clock.advance(IDLE);
    return bucket.get(key, ReadFrom.LEADER).orElseThrow();
  }

  private HotEntry publish() {
    bucket.publish(key, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotBucket.ANY);
    return bucket.get(key, ReadFrom.LEADER).orElseThrow();
  }
}
