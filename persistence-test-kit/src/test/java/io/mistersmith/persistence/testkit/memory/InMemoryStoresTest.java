package io.mistersmith.persistence.testkit.memory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The disasters that a test can bring about. */
class InMemoryStoresTest {

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Stores stores = memory.open(config);
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);

  @AfterEach
  void close() {
    stores.close();
  }

  @Test
  void aBucketMadeAnewStartsAgainUnderTheSameHandle() {
    put("a");
    put("b");
    Instant before = bucket.journal().state().created();
    try (JournalReader reader = bucket.journal().read(JournalRange.from(3))) {
      memory.recreate(Bucket.AGENT_STATE);
      assertThat(bucket.journal().state().created()).isAfter(before);
      assertThat(bucket.journal().state().messages()).isZero();
      assertThat(put("c")).isEqualTo(1);
      put("d");
      put("e");
      assertThat(reader.next(Duration.ofMillis(50))).as("silent").isEmpty();
    }
  }

  @Test
  void aLostTailIsWrittenAgainAndLosesReaders() throws Exception {
    CountDownLatch back = new CountDownLatch(1);
    stores.hot().onReconnect(back::countDown);
    put("a");
    put("b");
    put("c");
    Instant created = bucket.journal().state().created();
    try (JournalReader reader = bucket.journal().read(JournalRange.from(4))) {
      memory.loseTail(Bucket.AGENT_STATE, 1);
      assertThatThrownBy(() -> reader.next(Duration.ofSeconds(1)))
          .isInstanceOf(TransientPersistenceException.class);
    }
    assertThat(back.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(bucket.journal().state().created()).isEqualTo(created);
    assertThat(bucket.journal().state().lastSequence()).isEqualTo(1);
    assertThat(put("d")).isEqualTo(2);
  }

  @Test
  void theDurableStoreGoesBackToItsSnapshot() {
    stores.sql().journals().startEpoch("B", Optional.empty(), 1, Instant.EPOCH, "first");
    SqlSnapshot snapshot = memory.snapshotSql();
    Agent agent = Agent.of("worker", "one");
    stores.sql().agents().save(agent, AgentStore.NONE);
    stores.sql().journals().acquireLease("B", "me", Duration.ofMinutes(1));
    memory.restoreSql(snapshot);
    assertThat(stores.sql().agents().find(agent.id())).isEmpty();
    assertThat(stores.sql().journals().acquireLease("B", "you", Duration.ofMinutes(1))).isTrue();
    assertThat(stores.sql().journals().position("B")).isPresent();
    memory.restoreSql(snapshot);
    assertThat(stores.sql().journals().acquireLease("B", "me", Duration.ofMinutes(1)))
        .as("a snapshot is not changed by what comes after it")
        .isTrue();
  }

  @Test
  void outagesEndAndLoseReaders() throws Exception {
    CountDownLatch back = new CountDownLatch(1);
    stores.hot().onReconnect(back::countDown);
    put("a");
    try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
      memory.hotOutage(true);
      assertThatThrownBy(() -> put("b")).isInstanceOf(TransientPersistenceException.class);
      assertThatThrownBy(() -> memory.open(config))
          .isInstanceOf(TransientPersistenceException.class);
      memory.hotOutage(false);
      assertThat(back.await(60, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> reader.next(Duration.ZERO))
          .isInstanceOf(TransientPersistenceException.class);
    }
    assertThat(put("b")).isEqualTo(2);

    memory.sqlOutage(true);
    assertThatThrownBy(() -> stores.sql().journals().position("B"))
        .isInstanceOf(TransientPersistenceException.class);
    memory.sqlOutage(false);
    assertThat(stores.sql().journals().position("B")).isEmpty();
  }

  @Test
  void timesFollowTheClockEvenBack() {
    put("a");
    clock.advance(Duration.ofHours(-1));
    put("b");
    try (JournalReader reader = bucket.journal().read(JournalRange.from(1))) {
      Instant first = reader.next(Duration.ZERO).orElseThrow().time();
      assertThat(reader.next(Duration.ZERO).orElseThrow().time())
          .isEqualTo(first.minus(Duration.ofHours(1)));
    }
  }

  @Test
  void foreignMessagesMustBeInTheStream() {
    assertThat(memory.publishRaw(Bucket.AGENT_STATE, "$KV.AGENT_STATE.x", new byte[0]))
        .isEqualTo(1);
    assertThatThrownBy(() -> memory.publishRaw(Bucket.AGENT_STATE, "elsewhere", new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("$KV.AGENT_STATE.");
  }

  private long put(String key) {
    return bucket
        .writes()
        .publish(
            StateKey.of(AgentId.external("agent"), key),
            Operation.PUT,
            "1".getBytes(UTF_8),
            EntryMetadata.NONE,
            HotWrites.ANY);
  }
}
