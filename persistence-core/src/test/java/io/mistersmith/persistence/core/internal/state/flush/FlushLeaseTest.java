package io.mistersmith.persistence.core.internal.state.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The store's clock does not move: a lease ends only by being given up. */
class FlushLeaseTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration LEASE = Duration.ofMillis(300);
  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  private final ManualClock clock = ManualClock.create();
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Faults faults = new Faults(1);
  private final Stores stores = new FaultyStores(new InMemoryStores(), faults).open(config);
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  private final JournalTracker tracker =
      new JournalTracker(
          bucket.journal(),
          stores.sql().journals(),
          new BucketOwner(
              bucket.journal(), stores.sql().journals().installation(), Optional.empty()),
          Duration.ofMinutes(1),
          PersistenceListener.NOOP,
          clock);
  private final ProgressReceiver others =
      new ProgressReceiver(tracker, stores.sql().journals(), new Progress(), LEASE);
  private final FlushLease lease =
      new FlushLease(
          stores.sql().journals(),
          bucket.name(),
          "holder",
          LEASE,
          new Arrears(bucket.journal(), tracker),
          others);

  @AfterEach
  void close() {
    faults.clear();
    stores.close();
  }

  @Test
  void isNotAskedForWhileAnotherRuntimeTellsThatItFlushes() {
    for (int i = 0; i < 5; i++) {
      others.heard(told(true));
      assertThat(lease.hold()).isFalse();
    }
    assertThat(faults.on(Call.LEASE).count()).isZero();
    await().atMost(SOON).until(lease::hold);
  }

  @Test
  void isAskedForOnceTheOtherRuntimeTellsThatItHasEnded() {
    others.heard(told(true));
    assertThat(others.isAnotherFlushing()).isTrue();
    others.heard(told(false));
    assertThat(others.isAnotherFlushing()).isFalse();
    assertThat(lease.hold()).isTrue();
  }

  @Test
  void aHolderRenewsItWhateverOthersTell() {
    assertThat(lease.hold()).isTrue();
    long before = faults.on(Call.LEASE).count();
    await()
        .atMost(SOON)
        .until(
            () -> {
              others.heard(told(true));
              return lease.hold() && faults.on(Call.LEASE).count() > before;
            });
  }

  private JournalProgress told(boolean flushing) {
    return new JournalProgress(flushing, tracker.position().epoch(), 0, Instant.EPOCH, "");
  }

  private boolean anotherMayTakeIt() {
    boolean taken = stores.sql().journals().acquireLease(bucket.name(), "another", LEASE);
    if (taken) {
      stores.sql().journals().releaseLease(bucket.name(), "another");
    }
    return taken;
  }

  private long write() {
    return bucket
        .writes()
        .publish(KEY, Operation.PUT, new byte[] {'1'}, EntryMetadata.NONE, HotWrites.ANY);
  }

  /** Lets so many renewals pass, and fails when one is refused. */
  private void renew(int times) {
    for (int i = 0; i < times; i++) {
      long before = faults.on(Call.LEASE).count();
      await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(SOON)
          .until(
              () -> {
                assertThat(lease.hold()).isTrue();
                return faults.on(Call.LEASE).count() > before;
              });
    }
  }

  @Test
  void isRenewedWhileThereIsNothingToDo() {
    renew(5);
    assertThat(anotherMayTakeIt()).isFalse();
  }

  @Test
  void isRenewedWhileThePositionMoves() {
    renew(1);
    for (int i = 0; i < 5; i++) {
      long first = write();
      write();
      JournalPosition before = tracker.position();
      JournalPosition next = before.advancedTo(first, clock.instant());
      stores.sql().journals().apply(before, next, List.of());
      tracker.movedTo(next);
      renew(1);
    }
  }

  @Test
  void isGivenUpWhenWhatWaitsIsNotApplied() {
    renew(1);
    write();
    await().pollInterval(Duration.ofMillis(5)).atMost(SOON).until(() -> !lease.hold());
    assertThat(lease.isHeld()).isFalse();
    assertThat(lease.takeStalled()).as("somebody must stand in").isTrue();
    assertThat(lease.takeStalled()).as("once").isFalse();
    assertThat(anotherMayTakeIt()).isTrue();
  }

  @Test
  void isGivenUpWhenTheBucketDoesNotAnswer() {
    renew(1);
    faults.hotOutage(true);
    await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(SOON)
        .untilAsserted(
            () -> assertThatThrownBy(lease::hold).isInstanceOf(PersistenceException.class));
    assertThat(lease.isHeld()).isFalse();
    assertThat(anotherMayTakeIt()).isTrue();
  }

  @Test
  void isNotAskedForWhileTheBucketDoesNotAnswer() {
    faults.hotOutage(true);
    assertThatThrownBy(lease::hold).isInstanceOf(PersistenceException.class);
    assertThat(faults.on(Call.LEASE).count()).isZero();
  }

  @Test
  void isKeptWhereTheEndOfTheStreamWasRemoved() {
    renew(1);
    bucket.writes().evict(bucket.journal().subject(KEY), write()).join();
    renew(5);
  }

  @Test
  void isNotHeldOnceItHasRunOut() {
    renew(1);
    await().atMost(SOON).until(() -> !lease.isHeld());
    assertThat(anotherMayTakeIt()).as("the store's clock does not move").isFalse();
    assertThat(lease.hold()).as("nobody else has it").isTrue();
  }
}
