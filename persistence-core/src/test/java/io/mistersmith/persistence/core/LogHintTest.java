package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a process remembers of a log, after others have changed it and all of that has left the
 * bucket.
 */
class LogHintTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AgentId OWNER = AgentId.external("conversation");

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(7);
  private final ManualClock clock = ManualClock.create();
  private final Persistence here = Persistence.open(config(), new FaultyStores(stores, faults));
  private final Persistence there = Persistence.open(config(), stores);

  private PersistenceConfig config() {
    return PersistenceConfig.inMemory()
        .clock(clock)
        .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(2)).build())
        .build();
  }

  @AfterEach
  void close() {
    faults.clear();
    here.close();
    there.close();
  }

  private static Log<String> log(Persistence runtime) {
    return runtime.log(OWNER, "main", String.class);
  }

  private static List<String> values(Log<String> log) {
    return log.tail(20).stream().map(Entry::value).toList();
  }

  /** Waits until the bucket has no message left. */
  private void evictAll() {
    try (Stores direct = stores.open(config())) {
      await()
          .atMost(SOON)
          .until(
              () -> {
                clock.advance(Duration.ofMinutes(3));
                return direct.hot().bucket(Bucket.AGENT_STATE).journal().state().messages() == 0;
              });
    }
  }

  /** Waits for a row, whatever was known of its journal before that went back. */
  private void awaitRow(long version) {
    try (Stores direct = stores.open(config())) {
      await()
          .atMost(SOON)
          .until(() -> !direct.sql().logs().read(OWNER, "_.main", version, version).isEmpty());
    }
  }

  @Test
  void aVersionThatWasEvictedIsNotGivenAgain() {
    log(here).append("one");
    log(there).append("two");
    log(there).append("three");
    log(there).awaitDurable(3, SOON);
    evictAll();
    assertThat(log(here).append("four")).isEqualTo(4);
    assertThat(values(log(there))).containsExactly("one", "two", "three", "four");
  }

  @Test
  void aHeadThatWasEvictedIsNotMissed() {
    log(there).appendAll(List.of("one", "two", "three"));
    assertThat(log(here).size()).isEqualTo(3);
    log(there).truncate(Limits.entries(1));
    log(there).append("four");
    log(there).awaitDurable(4, SOON);
    evictAll();
    assertThat(values(log(here))).containsExactly("three", "four");
  }

  @Test
  void readsItsOwnWritesWhereReplicasLag() {
    faults.staleReplicas(true);
    try (Persistence lagging = Persistence.open(config(), new FaultyStores(stores, faults))) {
      for (int i = 1; i <= 10; i++) {
        assertThat(log(lagging).append("e" + i)).isEqualTo(i);
        assertThat(log(lagging).version()).isEqualTo(i);
        assertThat(values(log(lagging))).hasSize(i).endsWith("e" + i);
      }
      assertThat(log(there).append("theirs")).isEqualTo(11);
      assertThat(log(lagging).append("after")).isEqualTo(12);
      assertThat(log(lagging).append("id", "once")).isEqualTo(13);
      assertThat(log(lagging).append("id", "twice")).isEqualTo(13);
    }
  }

  @Test
  void appendsWhilePostgresIsAway() {
    log(here).append("one");
    faults.sqlOutage(true);
    assertThat(log(here).append("two")).isEqualTo(2);
    assertThat(values(log(here))).containsExactly("one", "two");
    faults.sqlOutage(false);
    log(here).awaitDurable(2, SOON);
  }

  @Test
  void goesOnAfterTheBucketWasRecreated() {
    log(here).appendAll(List.of("one", "two"));
    log(there).append("three");
    log(there).awaitDurable(3, SOON);
    stores.recreate(Bucket.AGENT_STATE);
    assertThat(log(there).append("four")).isEqualTo(4);
    assertThat(log(here).append("five")).isEqualTo(5);
    awaitRow(5);
    assertThat(values(log(there))).containsExactly("one", "two", "three", "four", "five");
    assertThat(here.operations().deadLetters().count()).isZero();
  }

  @Test
  void passesOverWhatWasLostWithTheEndOfTheStream() {
    long kept = log(here).append("one");
    log(here).awaitDurable(kept, SOON);
    long end;
    try (Stores direct = stores.open(config())) {
      end = direct.hot().bucket(Bucket.AGENT_STATE).journal().state().lastSequence();
    }
    faults.sqlOutage(true);
    log(here).append("flushed or lost");
    stores.loseTail(Bucket.AGENT_STATE, end);
    faults.sqlOutage(false);
    long next = log(there).append("next");
    awaitRow(next);
    assertThat(values(log(there))).startsWith("one").endsWith("next");
    assertThat(log(here).append("last")).isEqualTo(next + 1);
    assertThat(values(log(here))).isEqualTo(values(log(there))).endsWith("next", "last");
  }

  @Test
  void entriesComeBackToAPostgresThatWasPutBack() {
    log(here).append("one");
    log(here).awaitDurable(1, SOON);
    var before = stores.snapshotSql();
    log(here).append("id-2", "two");
    log(here).awaitDurable(2, SOON);
    stores.restoreSql(before);
    assertThat(log(there).append("id-2", "again")).isEqualTo(2);
    assertThat(log(there).append("three")).isEqualTo(3);
    log(there).awaitDurable(3, SOON);
    evictAll();
    assertThat(values(log(here))).containsExactly("one", "two", "three");
  }

  @Test
  void goesOnAfterTheHotStoreWasAway() {
    log(here).append("one");
    faults.hotOutage(true);
    assertThat(catchThrowable(() -> log(here).append("lost")))
        .isInstanceOf(TransientPersistenceException.class);
    faults.hotOutage(false);
    assertThat(log(here).append("two")).isEqualTo(2);
  }

  @Test
  void anAppendIsMadeOnceWhereItsLogIsForgottenMeanwhile() throws Exception {
    PersistenceConfig small = config().toBuilder().knownRevisions(1).build();
    try (Persistence forgetful = Persistence.open(small, new FaultyStores(stores, faults))) {
      log(forgetful).append("one");
      CompletableFuture<Long> second;
      try (Gate gate = faults.on(Call.PUBLISH).pauseAfter()) {
        second = CompletableFuture.supplyAsync(() -> log(forgetful).append("two"));
        assertThat(gate.awaitArrival(SOON)).isTrue();
        assertThat(log(there).append("three")).isEqualTo(3);
        awaitRow(3);
        for (int i = 0; i < 500; i++) {
          String other = "other-" + i / 50;
          assertThat(forgetful.log(OWNER, other, String.class).version()).isZero();
        }
      }
      assertThat(second.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(2);
      assertThat(values(log(there))).containsExactly("one", "two", "three");
    }
  }
}
