package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code findAll} reads of a step where a replica lags, or where rows answer, too. */
class StepReadsTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final StateType<Integer> CURSOR = StateType.of("cursor", Integer.class);
  private static final AgentId OWNER = AgentId.external("conversation");
  private static final StateKey A = StateKey.of(OWNER, "a");
  private static final StateKey B = StateKey.of(OWNER, "b");

  private final InMemoryStores stores = new InMemoryStores();
  private final ManualClock clock = ManualClock.create();
  private final Faults faults = new Faults(7);

  @AfterEach
  void clear() {
    faults.clear();
  }

  @Test
  void aReplicaThatLagsGivesNoPartOfAStep() {
    faults.staleReplicas(true);
    try (Persistence writer = open();
        Persistence reader = open()) {
      writer.step().save(CURSOR, A, 0).save(CURSOR, B, 0).commit();
      writer.step().save(CURSOR, A, 1).save(CURSOR, B, 1).commit();
      StateRepository<Integer> cursors = reader.states(CURSOR);
      assertThatThrownBy(
              () ->
                  cursors.update(
                      B,
                      now -> {
                        throw new UnsupportedOperationException("read of the leader: " + now);
                      }))
          .hasMessageContaining("leader: 1");
      assertThat(values(cursors)).isEqualTo(Map.of(A, 1, B, 1));
    }
  }

  @Test
  void aRowThatIsLaterThanWhatTheBucketAnsweredGivesNoPartOfAStep() throws Exception {
    try (Persistence writer = Persistence.open(config(), stores)) {
      writer.states(CURSOR).save(B, 0);
      writer.states(CURSOR).flush(B, SOON);
      evictAll();
      writer.states(CURSOR).save(A, 0);
      try (Persistence reader = open()) {
        StateRepository<Integer> cursors = reader.states(CURSOR);
        CompletableFuture<Map<StateKey, Integer>> read;
        try (Gate gate = faults.on(Call.GET).pauseAfter()) {
          read = CompletableFuture.supplyAsync(() -> values(cursors));
          assertThat(gate.awaitArrival(SOON)).isTrue();
          writer.step().save(CURSOR, A, 1).delete(CURSOR, B).commit();
          writer.states(CURSOR).flush(A, SOON);
        }
        assertThat(read.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Map.of(A, 1));
      }
    }
  }

  @Test
  void aDeleteThatKeepsARowFromBeingHydratedGivesNoPartOfAStep() throws Exception {
    try (Persistence writer = Persistence.open(config(), stores)) {
      keepOnlyRowOfB(writer);
      try (Persistence reader = open()) {
        assertThat(readAround(Call.PUBLISH, writer, reader)).isEqualTo(Map.of(A, 1));
      }
    }
  }

  @Test
  void aDeleteThatTheLeaderAnswersWithGivesNoPartOfAStep() throws Exception {
    try (Persistence writer = Persistence.open(config(), stores);
        Persistence reader = open()) {
      writer.states(CURSOR).save(B, 0);
      assertThat(reader.states(CURSOR).find(B)).isPresent();
      keepOnlyRowOfB(writer);
      assertThat(readAround(Call.GET, writer, reader)).isEqualTo(Map.of(A, 1));
    }
  }

  @Test
  void memoryThatHasADeleteAndNotThePutOfItsStepIsNotAnAnswer() {
    PersistenceConfig cached = PersistenceConfig.inMemory().clock(clock).build();
    try (Persistence writer = Persistence.open(config(), stores);
        Persistence reader = Persistence.open(cached, stores)) {
      StateRepository<Integer> cursors = reader.states(CURSOR);
      writer.states(CURSOR).save(A, 0);
      writer.states(CURSOR).save(B, 0);
      await().atMost(SOON).until(() -> isInMemory(cursors, A));
      List<StateKey> keys =
          new AbstractList<>() {
            @Override
            public StateKey get(int index) {
              if (index == 1 && writer.states(CURSOR).find(B).isPresent()) {
                writer.step().save(CURSOR, A, 1).delete(CURSOR, B).commit();
                await().atMost(SOON).until(() -> cursors.find(A).orElseThrow().value() == 1);
                assertThat(cursors.find(B)).as("loads that it is deleted").isEmpty();
              }
              return index == 0 ? A : B;
            }

            @Override
            public int size() {
              return 2;
            }
          };
      assertThat(values(cursors, keys)).isEqualTo(Map.of(A, 1));
    }
  }

  @Test
  void memoryIsNotAnAnswerOnceARowWasReadBesideIt() {
    PersistenceConfig cached = PersistenceConfig.inMemory().clock(clock).build();
    try (Persistence writer = Persistence.open(config(), stores);
        Persistence reader = Persistence.open(cached, new FaultyStores(stores, faults))) {
      StateRepository<Integer> cursors = reader.states(CURSOR);
      writer.step().save(CURSOR, A, 1).save(CURSOR, B, 1).commit();
      writer.states(CURSOR).flush(B, SOON);
      await().atMost(SOON).until(() -> isInMemory(cursors, B));
      faults.on(Call.GET).loseRequests(1); // which is no outage yet
      assertThat(cursors.find(A).orElseThrow().layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
      assertThat(cursors.find(B).orElseThrow().layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
    }
  }

  private static boolean isInMemory(StateRepository<Integer> cursors, StateKey key) {
    return cursors.find(key).orElseThrow().layer() == StorageLayer.MEMORY_CACHE;
  }

  /** Leaves A, which was written alone, in the bucket, and B only in PostgreSQL. */
  private void keepOnlyRowOfB(Persistence writer) {
    writer.states(CURSOR).save(B, 0);
    writer.states(CURSOR).flush(B, SOON);
    evictAll();
    writer.states(CURSOR).save(A, 0);
  }

  /** Reads both keys, and commits a step that deletes B when the reader's next such call is due. */
  private Map<StateKey, Integer> readAround(Call call, Persistence writer, Persistence reader)
      throws Exception {
    try (Gate gate =
        call == Call.GET ? faults.on(call).pauseAfter() : faults.on(call).pauseBefore()) {
      CompletableFuture<Map<StateKey, Integer>> read =
          CompletableFuture.supplyAsync(() -> values(reader.states(CURSOR)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      writer.step().save(CURSOR, A, 1).delete(CURSOR, B).commit();
      gate.release();
      return read.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static Map<StateKey, Integer> values(StateRepository<Integer> cursors) {
    return values(cursors, List.of(A, B));
  }

  private static Map<StateKey, Integer> values(
      StateRepository<Integer> cursors, List<StateKey> keys) {
    return cursors.findAll(keys).entrySet().stream()
        .filter(row -> row.getValue().orElseThrow().isPresent())
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                row ->
                    Objects.requireNonNull(
                        row.getValue().orElseThrow().map(Versioned::value).orElse(null))));
  }

  /** Opens a runtime that keeps nothing in memory. */
  private Persistence open() {
    return Persistence.open(config(), new FaultyStores(stores, faults));
  }

  private PersistenceConfig config() {
    return PersistenceConfig.inMemory()
        .clock(clock)
        .cache(CacheConfig.builder().excluded(DataType.AGENT_STATE).build())
        .build();
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
}
