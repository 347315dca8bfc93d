package io.mistersmith.persistence.core.internal.state.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where a new epoch begins, for each way in which a stream can go back. */
class EpochBoundaryTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration OVERLAP = Duration.ofMinutes(10);

  private final ManualClock clock = ManualClock.at(START);
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  private final Instant created = bucket.journal().state().created();
  private final EpochBoundary boundary = new EpochBoundary(bucket.journal(), OVERLAP);

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void anEmptyStreamBeginsBehindItsEnd() {
    memory.recreate(Bucket.AGENT_STATE);
    assertThat(find(position(100, START.plusSeconds(100)))).isEqualTo(1);
  }

  @Test
  void afterALostTailTheFirstMessageLaterThanThePosition() {
    writeEverySecond(10);
    JournalPosition position = position(10, clock.instant());
    memory.loseTail(Bucket.AGENT_STATE, 4);
    clock.advance(Duration.ofSeconds(1));
    writeEverySecond(3);
    assertThat(find(position)).isEqualTo(5);
  }

  @Test
  void afterALostTailWithNothingNewBehindTheEnd() {
    writeEverySecond(10);
    JournalPosition position = position(10, clock.instant());
    memory.loseTail(Bucket.AGENT_STATE, 4);
    assertThat(find(position)).isEqualTo(5);
  }

  @Test
  void aClockThatWasSetBackBetraysItselfByTheStepBack() {
    writeEverySecond(10);
    JournalPosition position = position(10, clock.instant());
    memory.loseTail(Bucket.AGENT_STATE, 6);
    clock.set(START.plusMillis(500));
    writeEverySecond(3);
    assertThat(find(position)).isEqualTo(7);
  }

  @Test
  void aClockThatWasSetBackByMoreThanTheOverlap() {
    writeEverySecond(3);
    clock.advance(Duration.ofHours(2));
    writeEverySecond(5);
    JournalPosition position = position(8, clock.instant());
    memory.loseTail(Bucket.AGENT_STATE, 3);
    clock.set(START.plusMillis(500));
    writeEverySecond(2);
    assertThat(find(position)).isEqualTo(4);
  }

  @Test
  void ofABucketMadeAnewEverythingThatWasWrittenSince() {
    writeEverySecond(10);
    JournalPosition position = position(10, clock.instant().plusSeconds(60));
    memory.recreate(Bucket.AGENT_STATE);
    writeEverySecond(3);
    assertThat(find(position)).isEqualTo(1);
  }

  @Test
  void anotherMessageAtThePositionIsSeen() {
    writeEverySecond(10);
    JournalPosition position = position(8, START.plusSeconds(8));
    assertThat(boundary.messageAtPositionIsAnother(position)).isFalse();
    memory.loseTail(Bucket.AGENT_STATE, 7);
    clock.advance(Duration.ofSeconds(1));
    writeEverySecond(3);
    assertThat(boundary.messageAtPositionIsAnother(position)).isTrue();
  }

  private long find(JournalPosition position) {
    return boundary.find(position, bucket.journal().state());
  }

  private JournalPosition position(long sequence, Instant messageTime) {
    return new JournalPosition(
        bucket.name(), 1, sequence, messageTime, created, List.of(new JournalPosition.Epoch(1, 1)));
  }

  private void writeEverySecond(int messages) {
    for (int i = 0; i < messages; i++) {
      clock.advance(Duration.ofSeconds(1));
      bucket
          .writes()
          .publish(
              StateKey.of(AgentId.external("agent"), "key" + i + clock.instant()),
              Operation.PUT,
              new byte[] {'1'},
              EntryMetadata.NONE,
              HotWrites.ANY);
    }
  }
}
