package io.mistersmith.persistence.core.internal.state.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server of a cluster answers for the stream as it was four messages ago. */
class SettledStreamTest {

  private static final long END = 10;
  private static final long BEFORE = 6;

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores memory = new InMemoryStores();
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
  private final AtomicInteger stale = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private boolean replicated = true;

  @BeforeEach
  void write() {
    for (int i = 0; i < END; i++) {
      clock.advance(Duration.ofSeconds(1));
      long unused =
          bucket
              .writes()
              .publish(
                  StateKey.of(AgentId.external("owner"), "k" + i),
                  Operation.PUT,
                  new byte[] {'1'},
                  EntryMetadata.NONE,
                  HotWrites.ANY);
    }
  }

  @AfterEach
  void close() {
    stores.close();
  }

  /** Answers with an old state as long as {@link #stale} says. */
  private Journal journal() {
    return (Journal)
        Proxy.newProxyInstance(
            Journal.class.getClassLoader(),
            new Class<?>[] {Journal.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(bucket.journal(), arguments);
                return answer instanceof BucketState state ? answer(state) : answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private BucketState answer(BucketState state) {
    asked.incrementAndGet();
    boolean old = stale.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    return new BucketState(
        state.created(),
        state.firstSequence(),
        old ? BEFORE : state.lastSequence(),
        old ? BEFORE : state.messages(),
        state.bytes(),
        state.subjects(),
        replicated,
        state.installation());
  }

  private JournalTracker tracker() {
    JournalTracker tracker =
        new JournalTracker(
            journal(),
            stores.sql().journals(),
            new BucketOwner(
                bucket.journal(), stores.sql().journals().installation(), Optional.empty()),
            Duration.ofSeconds(1),
            PersistenceListener.NOOP,
            clock);
    JournalPosition start = tracker.position();
    var unused =
        stores.sql().journals().apply(start, start.advancedTo(END, clock.instant()), List.of());
    return tracker;
  }

  @Test
  void anOldAnswerBeginsNoEpoch() {
    JournalTracker tracker = tracker();
    long epoch = tracker.position().epoch();
    stale.set(3);
    assertThat(tracker.verify()).isFalse();
    assertThat(tracker.refresh().epoch()).isEqualTo(epoch);
    stale.set(3);
    assertThat(tracker.reaches(END)).isTrue();
  }

  @Test
  void ofAStreamWithoutReplicasItIsBelieved() {
    JournalTracker tracker = tracker();
    replicated = false;
    stale.set(Integer.MAX_VALUE);
    assertThat(tracker.verify()).isTrue();
  }

  @Test
  void anAnswerThatLastsIsBelieved() {
    stale.set(Integer.MAX_VALUE);
    BucketState state =
        new SettledStream(journal(), Duration.ofMillis(300))
            .reaching(bucket.journal().state().created(), END);
    assertThat(state.lastSequence()).isEqualTo(BEFORE);
    assertThat(asked.get()).isGreaterThan(1);
  }

  @Test
  void ofAnotherStreamNothingIsAskedAgain() {
    stale.set(Integer.MAX_VALUE);
    BucketState state =
        new SettledStream(journal(), Duration.ofMinutes(1))
            .reaching(bucket.journal().state().created().minusSeconds(1), END);
    assertThat(state.lastSequence()).isEqualTo(BEFORE);
    assertThat(asked.get()).isEqualTo(1);
  }
}
