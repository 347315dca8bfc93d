package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Appends and reads while a log is branched, replicas lag, or another program writes. */
class LogChangedMeanwhileTest {

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
    return log(runtime, "main");
  }

  private static Log<String> log(Persistence runtime, String name) {
    return runtime.log(OWNER, name, String.class);
  }

  private static List<String> values(Log<String> log) {
    return log.tail(20).stream().map(Entry::value).toList();
  }

  private long messages(Stores direct) {
    return direct.hot().bucket(Bucket.AGENT_STATE).journal().state().messages();
  }

  private void evictAll() {
    try (Stores direct = stores.open(config())) {
      await()
          .atMost(SOON)
          .until(
              () -> {
                clock.advance(Duration.ofMinutes(3));
                return messages(direct) == 0;
              });
    }
  }

  private void publish(StateKey key, String value) {
    try (Stores direct = stores.open(config())) {
      assertThat(
              direct
                  .hot()
                  .bucket(Bucket.AGENT_STATE)
                  .writes()
                  .publish(
                      key,
                      Operation.PUT,
                      value.getBytes(StandardCharsets.UTF_8),
                      EntryMetadata.NONE,
                      HotWrites.ANY))
          .isPositive();
    }
  }

  @Test
  void anAppendIsSeenWhereTheProcessThatMadeTheBranchDied() {
    log(here).appendAll(List.of("one", "two", "three", "four", "five"));
    faults.on(Call.PUBLISH).passNext(3).loseNextRequests(100);
    assertThat(catchThrowable(() -> log(here).branch("branch", 5)))
        .isInstanceOf(PersistenceException.class);
    faults.clear();
    long mine = log(there, "branch").append("mine");
    assertThat(values(log(there, "branch"))).containsExactly("mine");
    assertThat(values(log(here, "branch"))).containsExactly("mine");
    assertThat(log(here, "branch").append("more")).isEqualTo(mine + 1);
    assertThat(values(log(there, "branch"))).containsExactly("mine", "more");
  }

  @Test
  void anAppendWhileALogIsBranchedIsSeen() throws Exception {
    log(here).appendAll(List.of("one", "two", "three"));
    CompletableFuture<Log<String>> branch;
    try (Gate head = faults.on(Call.PUBLISH).pauseAfter();
        Gate entry = faults.on(Call.PUBLISH).pauseAfter()) {
      branch = CompletableFuture.supplyAsync(() -> log(here).branch("branch", 3));
      assertThat(head.awaitArrival(SOON)).isTrue();
      head.release();
      assertThat(entry.awaitArrival(SOON)).isTrue();
      assertThat(log(there, "branch").append("mine")).isEqualTo(4);
    }
    assertThat(values(branch.join())).containsExactly("one", "two", "three", "mine");
    assertThat(values(log(there, "branch"))).containsExactly("one", "two", "three", "mine");
  }

  @Test
  void aBranchThatLosesHidesNothing() throws Exception {
    log(here).appendAll(List.of("one", "two", "three"));
    assertThat(log(there, "branch").version()).isZero();
    CompletableFuture<Log<String>> branch;
    try (Gate head = faults.on(Call.PUBLISH).pauseAfter()) {
      branch = CompletableFuture.supplyAsync(() -> log(here).branch("branch", 3));
      assertThat(head.awaitArrival(SOON)).isTrue();
      assertThat(log(there, "branch").append("mine")).isEqualTo(1);
    }
    assertThat(catchThrowable(branch::join)).hasCauseInstanceOf(PersistenceException.class);
    assertThat(values(log(there, "branch"))).containsExactly("mine");
    assertThat(values(log(here, "branch"))).containsExactly("mine");
  }

  @Test
  void aWatchDoesNotStandStillWhereReplicasLag() {
    faults.staleReplicas(true);
    try (Persistence one = Persistence.open(config(), new FaultyStores(stores, faults));
        Persistence other = Persistence.open(config(), new FaultyStores(stores, faults))) {
      assertThat(log(other).version()).isZero();
      log(one).appendAll(IntStream.rangeClosed(1, 9).mapToObj(i -> "e" + i).toList());
      List<Long> heard = new CopyOnWriteArrayList<>();
      try (Watch watch = log(other).watch(0, entry -> heard.add(entry.version()))) {
        assertThat(watch).isNotNull();
        assertThat(heard).containsExactlyElementsOf(LongStream.rangeClosed(1, 9).boxed().toList());
        log(one).append("e10");
        await().atMost(SOON).until(() -> heard.size() >= 10);
      }
      assertThat(heard).containsExactlyElementsOf(LongStream.rangeClosed(1, 10).boxed().toList());
    }
  }

  @Test
  void aReplicaThatLagsDoesNotKeepAnOldEndFresh() {
    faults.staleReplicas(true);
    try (Persistence one = Persistence.open(config(), new FaultyStores(stores, faults));
        Persistence other = Persistence.open(config(), new FaultyStores(stores, faults));
        Stores direct = stores.open(config())) {
      log(one).append("one");
      assertThat(log(other).version()).isEqualTo(1);
      log(one).append("two");
      log(one).append("three");
      log(one).awaitDurable(3, SOON);
      await()
          .atMost(SOON)
          .until(
              () -> {
                assertThat(log(other).version()).isBetween(1L, 3L);
                clock.advance(Duration.ofMinutes(3));
                return messages(direct) == 0;
              });
      assertThat(log(other).append("four")).isEqualTo(4);
    }
  }

  @Test
  void aMessageOfAnotherProgramIsNotTheEnd() {
    log(here).appendAll(List.of("one", "two"));
    log(here).awaitDurable(2, SOON);
    evictAll();
    publish(new StateKey(OWNER, LogStore.ENTRIES, "_.main.x"), "\"foreign\"");
    try (Persistence later = Persistence.open(config(), stores)) {
      assertThat(log(later).append("three")).isEqualTo(3);
    }
    assertThat(values(log(there))).containsExactly("one", "two", "three");
  }

  @Test
  void aForeignValueAtAVersionIsPassedOver() {
    log(here).appendAll(List.of("one", "two"));
    publish(new LogStore.Key(OWNER, "_.main", 3).toStateKey(), "\"foreign\"");
    List<String> heard = new CopyOnWriteArrayList<>();
    try (Watch watch = log(there).watch(0, entry -> heard.add(entry.value()))) {
      assertThat(watch).isNotNull();
      assertThat(log(here).append("four")).isEqualTo(4);
      await().atMost(SOON).until(() -> heard.size() >= 3);
    }
    assertThat(heard).containsExactly("one", "two", "four");
    try (Persistence later = Persistence.open(config(), stores)) {
      for (Persistence each : List.of(here, there, later)) {
        assertThat(values(log(each))).containsExactly("one", "two", "four");
      }
    }
    publish(new LogStore.Key(OWNER, "_.main", 5).toStateKey(), "\"foreign\"");
    try (Persistence later = Persistence.open(config(), stores)) {
      assertThat(log(later).append("six")).isEqualTo(6);
    }
  }

  @Test
  void anIdIsKnownWhereItsEntryGotNoRow() {
    log(here).append("one");
    publish(
        new LogStore.Key(OWNER, "_.main", 2).toStateKey(),
        "{\"before\":5,\"id\":\"id-2\",\"entry\":\"PostgreSQL refuses \\u0000\"}");
    assertThat(log(here).append("three")).isEqualTo(3);
    log(here).awaitDurable(3, SOON);
    try (Stores direct = stores.open(config())) {
      assertThat(direct.sql().logs().read(OWNER, "_.main", 1, 3)).hasSize(2);
    }
    assertThat(log(there).append("id-2", "again")).isEqualTo(2);
    assertThat(log(here).append("id-2", "again")).isEqualTo(2);
    assertThat(log(here).append("id-4", "four")).isEqualTo(4);
  }

  @Test
  void theEndIsFoundWithoutAllThatOthersAppended() {
    assertThat(log(here).version()).isZero();
    int many = 4_000;
    log(there).appendAll(IntStream.rangeClosed(1, many).mapToObj(i -> "e" + i).toList());
    long before = faults.on(Call.GET).count();
    assertThat(log(here).tail(2)).extracting(Entry::value).containsExactly("e3999", "e4000");
    assertThat(faults.on(Call.GET).count() - before).isLessThanOrEqualTo(7);
  }

  @Test
  void anAppendGoesOnAfterAllThatOthersAppended() {
    assertThat(log(here).version()).isZero();
    int many = 4_000;
    log(there).appendAll(IntStream.rangeClosed(1, many).mapToObj(i -> "e" + i).toList());
    long before = faults.on(Call.GET).count();
    assertThat(log(here).append("next")).isEqualTo(many + 1);
    assertThat(faults.on(Call.GET).count() - before).isLessThanOrEqualTo(7);
  }
}
