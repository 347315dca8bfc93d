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
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.SqlOptions;
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

  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "key");

  private final Faults faults = new Faults(7);
  private final InMemoryStores memory = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Stores stores = new FaultyStores(memory, faults).open(config);
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);

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
    assertThat(failure(() -> put("2")).error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
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
    assertThat(failure(putAsync("2")).error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
    assertThat(get()).contains("2");
    assertThat(failure(putAsync("3")).error()).isEqualTo(DataError.VERSION_CONFLICT);
    assertThat(get()).contains("2");
    assertThat(putAsync("4").get(60, TimeUnit.SECONDS)).isEqualTo(2);
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
      HotBucket its = opened.hot().bucket(Bucket.SESSION_DATA);
      for (int i = 0; i < 200; i++) {
        try {
          its.journal().state();
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
    stores.hot().onReconnect(back::countDown);
    put("1");
    try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
      faults.hotOutage(true);
      assertThat(failure(this::get).error()).isEqualTo(DataError.CONNECTION_FAILED);
      assertThat(failure(() -> reader.next(Duration.ZERO)).isTransient()).isTrue();
      assertThat(stores.sql().states().find(KEY)).as("the other store is up").isEmpty();
      assertThat(back.getCount()).isEqualTo(1);
      faults.hotOutage(false);
      assertThat(back.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(get()).contains("1");
      assertThat(failure(() -> reader.next(Duration.ZERO)).isTransient()).isTrue();
    }
  }

  @Test
  void anOutageOfTheDurableStoreLeavesTheHotOneUp() {
    faults.sqlOutage(true);
    put("1");
    assertThat(failure(() -> stores.sql().states().find(KEY)).error())
        .isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(failure(() -> stores.sql().journals().position("any")).isTransient()).isTrue();
    faults.sqlOutage(false);
    assertThat(stores.sql().states().find(KEY)).isEmpty();
  }

  @Test
  void aGateHoldsACallBeforeItIsCarriedOut() throws Exception {
    JournalPosition first =
        stores
            .sql()
            .journals()
            .startEpoch(bucket.name(), Optional.empty(), 1, Instant.EPOCH, "first");
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      CompletableFuture<ApplyResult> held =
          CompletableFuture.supplyAsync(
              () ->
                  stores
                      .sql()
                      .journals()
                      .apply(first, first.advancedTo(1, Instant.EPOCH), List.of()));
      assertThat(gate.awaitArrival(Duration.ofSeconds(5))).isTrue();
      assertHeld(held);
      stores.sql().journals().apply(first, first.advancedTo(2, Instant.EPOCH), List.of());
      gate.release();
      assertThat(held.get(60, TimeUnit.SECONDS)).isEqualTo(new ApplyResult.PositionMoved());
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
      held.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void aReplicaThatLagsAnswersWithWhatWasBefore() {
    faults.staleReplicas(true);
    assertThat(bucket.reads().hasReplicas()).isTrue();
    put("1");
    assertThat(bucket.reads().get(KEY, ReadFrom.ANY_REPLICA)).isEmpty();
    // A list asks the leader for a key that the replica has nothing of.
    assertThat(bucket.reads().list(KEY.agent(), ""))
        .extracting(HotEntry::sequence)
        .containsExactly(1L);
    assertThat(bucket.reads().keysAsync(KEY.agent(), "")).isCompletedWithValue(Set.of());
    put("2");
    assertThat(bucket.reads().list(KEY.agent(), ""))
        .extracting(HotEntry::sequence)
        .containsExactly(1L);
    assertThat(bucket.reads().keysAsync(KEY.agent(), "")).isCompletedWithValue(Set.of(KEY));
    assertThat(bucket.reads().get(KEY, ReadFrom.ANY_REPLICA).map(FaultyStoresTest::text))
        .contains("1");
    assertThat(bucket.reads().getAll(List.of(KEY), ReadFrom.ANY_REPLICA)).containsOnlyKeys(KEY);
    assertThat(get()).contains("2");
    faults.staleReplicas(false);
    assertThat(bucket.reads().hasReplicas()).isFalse();
    assertThat(bucket.reads().get(KEY, ReadFrom.ANY_REPLICA).map(FaultyStoresTest::text))
        .contains("2");
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
    stores.sql().agents().save(agent, AgentStore.NONE);
    assertThat(failure(() -> stores.sql().agents().save(agent, AgentStore.NONE)).error())
        .isEqualTo(DataError.DUPLICATE_KEY);
    assertThat(failure(putExpecting(9)).error()).isEqualTo(DataError.VERSION_CONFLICT);
  }

  @Test
  void aTransactionLosesItsRequestOrTheAcknowledgementOfItsCommit() {
    Agent agent = Agent.of("worker", "one");
    faults.on(Call.TRANSACTION).loseNextRequests(1).loseNextAcknowledgements(1);
    assertThat(failure(() -> register(agent)).error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(stores.sql().agents().find(agent.id())).isEmpty();
    assertThat(failure(() -> register(agent)).error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
    assertThat(stores.sql().agents().find(agent.id())).isPresent();
    assertThat(faults.on(Call.TRANSACTION).count()).isEqualTo(2);
  }

  private void register(Agent agent) {
    stores
        .sql()
        .inTransaction(
            SqlOptions.of("register"), unit -> unit.agents().save(agent, AgentStore.NONE));
  }

  @Test
  void aFaultWithinATransactionCutsItOff() {
    Agent agent = Agent.of("worker", "one");
    for (int lost = 0; lost < 2; lost++) {
      faults.on(Call.SQL_READ).loseNextRequests(1 - lost).loseNextAcknowledgements(lost);
      PersistenceException atTheEnd =
          failure(
              () ->
                  stores
                      .sql()
                      .inTransaction(
                          SqlOptions.of("register"),
                          unit -> {
                            unit.agents().save(agent, AgentStore.NONE);
                            for (int i = 0; i < 2; i++) {
                              assertThat(
                                      failure(() -> unit.nested(() -> unit.states().count()))
                                          .isTransient())
                                  .isTrue();
                            }
                            return "both failures were rolled back to a savepoint";
                          }));
      assertThat(atTheEnd.error()).isEqualTo(DataError.CONNECTION_FAILED);
      assertThat(stores.sql().agents().find(agent.id())).isEmpty();
      faults.clear();
    }
  }

  @Test
  void callsWithinTransactionsAndReadsMeetTheSameFaults() {
    faults.on(Call.SQL_READ).loseNextRequests(2);
    SqlOptions options = SqlOptions.of("count");
    assertThat(
            failure(() -> stores.sql().inTransaction(options, unit -> unit.states().count()))
                .isTransient())
        .isTrue();
    assertThat(failure(() -> stores.sql().read(options, a -> a.states().count())).isTransient())
        .isTrue();
    assertThat(stores.sql().<Long>read(options, access -> access.states().count())).isZero();
  }

  private static void assertHeld(CompletableFuture<?> call) {
    assertThatThrownBy(() -> call.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  private long put(String value) {
    return bucket
        .writes()
        .publish(KEY, Operation.PUT, value.getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
  }

  private CompletableFuture<Long> putAsync(String value) {
    return bucket
        .writes()
        .publishAsync(KEY, Operation.PUT, value.getBytes(UTF_8), EntryMetadata.NONE, HotWrites.ANY);
  }

  private CompletableFuture<Long> putExpecting(long sequence) {
    return bucket
        .writes()
        .publishAsync(KEY, Operation.PUT, new byte[0], EntryMetadata.NONE, sequence);
  }

  private Optional<String> get() {
    return bucket.reads().get(KEY, ReadFrom.LEADER).map(FaultyStoresTest::text);
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
          throw future.handle((value, failure) -> failure).get(60, TimeUnit.SECONDS);
        });
  }
}
