package io.mistersmith.persistence.testkit.fault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.ApplyResult;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultyStoresTest {

  private static final StateKey KEY = StateKey.of("agent", "key");

  private final Faults faults = new Faults(7);
  private final InMemoryStores memory = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Stores stores = new FaultyStores(memory, faults).open(config);
  private final HotBucket bucket = stores.bucket(Bucket.AGENT_STATE);

  @AfterEach
  void close() {
    faults.clear();
    stores.close();
  }

  @Test
  void aLostRequestDoesNothingAndALostAcknowledgementHidesWhatWasDone() {
    faults.on(Call.PUBLISH).loseNextRequests(1).loseNextAcknowledgements(1);
    assertThat(failure(() -> put("1")).error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(get()).isEmpty();
    assertThat(failure(() -> put("2")).error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(get()).contains("2");
    put("3");
    assertThat(get()).contains("3");
    assertThat(faults.on(Call.PUBLISH).count()).isEqualTo(3);
  }

  @Test
  void asynchronousCallsMeetTheSameFaults() throws Exception {
    faults.on(Call.PUBLISH).loseNextRequests(1).loseNextAcknowledgements(1).conflictNext(1);
    assertThat(failure(putAsync("1")).error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(get()).isEmpty();
    assertThat(failure(putAsync("2")).error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(get()).contains("2");
    assertThat(failure(putAsync("3")).error()).isEqualTo(DataError.VERSION_CONFLICT);
    assertThat(get()).contains("2");
    assertThat(putAsync("4").get(5, TimeUnit.SECONDS)).isEqualTo(2);
  }

  @Test
  void theSameSeedHitsTheSameCalls() {
    List<Boolean> first = hits(new Faults(1));
    assertThat(hits(new Faults(1))).isEqualTo(first);
    assertThat(hits(new Faults(2))).isNotEqualTo(first);
    assertThat(first.stream().filter(hit -> hit).count()).isBetween(15L, 85L);
  }

  private List<Boolean> hits(Faults some) {
    some.on(Call.BUCKET_STATE).loseRequests(0.25);
    List<Boolean> hits = new ArrayList<>();
    try (Stores opened = new FaultyStores(memory, some).open(config)) {
      HotBucket its = opened.bucket(Bucket.SESSION_DATA);
      for (int i = 0; i < 200; i++) {
        try {
          its.state();
          hits.add(false);
        } catch (TransientPersistenceException e) {
          hits.add(true);
        }
      }
    }
    return hits;
  }

  @Test
  void anOutageOfTheHotStoreLosesReadersAndEndsWithAReconnect() throws Exception {
    CountDownLatch back = new CountDownLatch(1);
    stores.onReconnect(back::countDown);
    put("1");
    try (JournalReader reader = bucket.read(JournalRange.from(1))) {
      faults.hotOutage(true);
      assertThat(failure(this::get).error()).isEqualTo(DataError.CONNECTION_FAILED);
      assertThat(failure(() -> reader.next(Duration.ZERO)).isTransient()).isTrue();
      assertThat(stores.states().find(KEY)).as("the other store is up").isEmpty();
      assertThat(back.getCount()).isEqualTo(1);
      faults.hotOutage(false);
      assertThat(back.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(get()).contains("1");
      assertThat(failure(() -> reader.next(Duration.ZERO)).isTransient()).isTrue();
    }
  }

  @Test
  void anOutageOfTheDurableStoreLeavesTheHotOneUp() {
    faults.sqlOutage(true);
    put("1");
    assertThat(failure(() -> stores.states().find(KEY)).error())
        .isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(failure(() -> stores.journals().position("any")).isTransient()).isTrue();
    faults.sqlOutage(false);
    assertThat(stores.states().find(KEY)).isEmpty();
  }

  @Test
  void aGateHoldsACallBeforeItIsCarriedOut() throws Exception {
    JournalPosition first =
        stores.journals().startEpoch(bucket.name(), Optional.empty(), 1, Instant.EPOCH, "first");
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      CompletableFuture<ApplyResult> held =
          CompletableFuture.supplyAsync(
              () -> stores.journals().apply(first, first.advancedTo(1, Instant.EPOCH), List.of()));
      assertThat(gate.awaitArrival(Duration.ofSeconds(5))).isTrue();
      assertHeld(held);
      stores.journals().apply(first, first.advancedTo(2, Instant.EPOCH), List.of());
      gate.release();
      assertThat(held.get(5, TimeUnit.SECONDS)).isEqualTo(new ApplyResult.PositionMoved());
    }
  }

  @Test
  void aGateHoldsACallAfterItWasCarriedOut() throws Exception {
    try (Gate gate = faults.on(Call.PUBLISH).pauseAfter()) {
      CompletableFuture<Void> held = CompletableFuture.runAsync(() -> put("1"));
      assertThat(gate.awaitArrival(Duration.ofSeconds(5))).isTrue();
      assertThat(get()).contains("1");
      assertHeld(held);
      gate.release();
      held.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void aReplicaThatLagsAnswersWithWhatWasBefore() {
    faults.staleReplicas(true);
    assertThat(bucket.hasReplicas()).isTrue();
    put("1");
    assertThat(bucket.get(KEY, ReadFrom.ANY_REPLICA)).isEmpty();
    // A list asks the leader for a key that the replica has nothing of.
    assertThat(bucket.list(KEY.agent(), "")).extracting(HotEntry::sequence).containsExactly(1L);
    assertThat(bucket.keysAsync(KEY.agent())).isCompletedWithValue(Set.of());
    put("2");
    assertThat(bucket.list(KEY.agent(), "")).extracting(HotEntry::sequence).containsExactly(1L);
    assertThat(bucket.keysAsync(KEY.agent())).isCompletedWithValue(Set.of(KEY));
    assertThat(bucket.get(KEY, ReadFrom.ANY_REPLICA).map(FaultyStoresTest::text)).contains("1");
    assertThat(bucket.getAll(List.of(KEY), ReadFrom.ANY_REPLICA)).containsOnlyKeys(KEY);
    assertThat(get()).contains("2");
    faults.staleReplicas(false);
    assertThat(bucket.hasReplicas()).isFalse();
    assertThat(bucket.get(KEY, ReadFrom.ANY_REPLICA).map(FaultyStoresTest::text)).contains("2");
  }

  @Test
  void latencyDelaysACall() {
    faults.on(Call.GET).latency(Duration.ofMillis(50), Duration.ofMillis(60));
    long start = System.nanoTime();
    assertThat(get()).isEmpty();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000L);
  }

  @Test
  void failuresOfTheRealStorePassThrough() {
    Agent agent = Agent.of("worker", "one");
    stores.agents().save(agent, AgentStore.NONE);
    assertThat(failure(() -> stores.agents().save(agent, AgentStore.NONE)).error())
        .isEqualTo(DataError.DUPLICATE_KEY);
    assertThat(failure(putExpecting(9)).error()).isEqualTo(DataError.VERSION_CONFLICT);
  }

  private static void assertHeld(CompletableFuture<?> call) {
    assertThatThrownBy(() -> call.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  private long put(String value) {
    return bucket.publish(
        KEY, Operation.PUT, value.getBytes(UTF_8), EntryMetadata.NONE, HotBucket.ANY);
  }

  private CompletableFuture<Long> putAsync(String value) {
    return bucket.publishAsync(
        KEY, Operation.PUT, value.getBytes(UTF_8), EntryMetadata.NONE, HotBucket.ANY);
  }

  private CompletableFuture<Long> putExpecting(long sequence) {
    return bucket.publishAsync(KEY, Operation.PUT, new byte[0], EntryMetadata.NONE, sequence);
  }

  private Optional<String> get() {
    return bucket.get(KEY, ReadFrom.LEADER).map(FaultyStoresTest::text);
  }

  private static String text(HotEntry entry) {
    return new String(entry.value(), UTF_8);
  }

  private static PersistenceException failure(ThrowingCallable call) {
    return catchThrowableOfType(PersistenceException.class, call);
  }

  private static PersistenceException failure(CompletableFuture<?> future) {
    return failure(
        () -> {
          throw future.handle((value, failure) -> failure).get(5, TimeUnit.SECONDS);
        });
  }
}
