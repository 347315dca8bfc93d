package io.mistersmith.persistence.core.internal.state.cache;

import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.KEY;
import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Only what the watch covers is kept, while it follows other shards from time to time. */
class CoveredShardsTest {

  private static final AgentId OTHER = AgentId.external("other");
  private static final StateKey THEIRS = StateKey.of(OTHER, "key");

  private final CacheFixture cache =
      CacheFixture.watching(
          CacheConfig.builder()
              .timeToLive(Duration.ofHours(1))
              .negativeTimeToLive(Duration.ofHours(1))
              .build());

  @AfterEach
  void close() {
    cache.close();
  }

  private void unlessCovered(StateKey key, Runnable otherwise) {
    var unused =
        cache.l1.load(
            key,
            () -> Optional.of(Thing.at(5)),
            () -> {
              otherwise.run();
              return Optional.of(Thing.at(5));
            });
  }

  @Test
  void anOwnerIsKeptFromWhenItsShardIsCovered() {
    AtomicBoolean plain = new AtomicBoolean();
    cache.read(Thing.at(5));
    long bypassed = cache.stats().bypassed();
    unlessCovered(THEIRS, () -> plain.set(true));
    assertThat(plain).isTrue();
    assertThat(cache.isKept(THEIRS)).isFalse();
    assertThat(cache.stats().bypassed()).isEqualTo(bypassed + 1);
    cache.awaitCovered(OTHER);
    unlessCovered(THEIRS, () -> plain.set(false));
    assertThat(cache.isKept(THEIRS)).isTrue();
    assertThat(plain).as("it was not asked plainly").isTrue();
    assertThat(cache.isKept()).as("what was covered before is kept").isTrue();
    cache.publish(THEIRS, Operation.PUT);
    cache.publish(KEY, Operation.PUT);
    for (int i = 0; i < 5; i++) {
      cache.publish(THEIRS, Operation.PUT);
      cache.publish(KEY, Operation.PUT);
    }
    cache.awaitDropped(THEIRS);
    cache.awaitDropped(KEY);
  }

  @Test
  void ofManyKeysThoseThatAreCoveredAreKept() {
    Map<StateKey, Optional<Thing>> stored =
        Map.of(KEY, Optional.of(Thing.at(5)), THEIRS, Optional.of(Thing.at(6)));
    var unused =
        cache.l1.loadAll(
            List.of(KEY, THEIRS),
            keys -> {
              assertThat(keys).containsExactly(KEY, THEIRS);
              return stored;
            },
            keys -> Map.of());
    assertThat(cache.isKept()).isTrue();
    assertThat(cache.isKept(THEIRS)).isFalse();
  }

  @Test
  void nothingIsKeptBeforeTheReaderOfItsShardIsOpen() throws InterruptedException {
    AtomicBoolean plain = new AtomicBoolean();
    try (Gate gate = cache.faults.on(Call.OPEN_READER).pauseAfter()) {
      cache.read(THEIRS, Optional.of(Thing.at(5)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      unlessCovered(THEIRS, () -> plain.set(true));
      assertThat(plain).isTrue();
      assertThat(cache.isKept(THEIRS)).isFalse();
    }
    cache.awaitCovered(OTHER);
  }

  /** The reader that is left has it, but does not return it any more. */
  @Test
  void aChangeWhileTheReaderIsReplacedIsHeard() throws InterruptedException {
    cache.read(Thing.at(1));
    try (Gate gate = cache.faults.on(Call.OPEN_READER).pauseBefore()) {
      cache.read(THEIRS, Optional.of(Thing.at(5)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      cache.publish(KEY, Operation.PUT);
      cache.publish(KEY, Operation.PUT);
    }
    cache.awaitDropped(KEY);
    cache.awaitCovered(OTHER);
  }

  /** It is in the stream, and the reader that is left has not returned it. */
  @Test
  void aChangeThatWasNotReturnedBeforeTheReaderIsReplacedIsHeard() throws InterruptedException {
    cache.read(Thing.at(1));
    cache.deaf.set(true);
    Awaitility.await().atMost(SOON).until(() -> cache.silences.get() > 0);
    try (Gate gate = cache.faults.on(Call.OPEN_READER).pauseBefore()) {
      cache.publish(KEY, Operation.PUT);
      cache.publish(KEY, Operation.PUT);
      cache.read(THEIRS, Optional.of(Thing.at(5)));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(cache.isKept()).isTrue();
      cache.deaf.set(false);
    }
    cache.awaitDropped(KEY);
    cache.awaitCovered(OTHER);
  }

  @Test
  void aLoadThatSpansATimeWithoutCoverageIsNotKept() {
    var unused =
        cache.l1.load(
            KEY,
            () -> {
              cache.clock.advance(Duration.ofHours(2));
              cache.awaitCovered(OTHER);
              assertThat(isPlain(KEY)).as("it is not covered any more").isTrue();
              cache.awaitCovered(KEY.agent());
              return Optional.of(Thing.at(5));
            },
            Optional::empty);
    assertThat(cache.isKept()).isFalse();
  }

  private boolean isPlain(StateKey key) {
    AtomicBoolean plain = new AtomicBoolean();
    unlessCovered(key, () -> plain.set(true));
    return plain.get();
  }

  @Test
  void withManyShardsTheWholeBucketIsCovered() {
    for (int i = 0; i < 2 * Shards.MOST; i++) {
      cache.read(StateKey.of(AgentId.external("owner-" + i), "key"), Optional.empty());
    }
    StateKey unread = StateKey.of(AgentId.external("unread"), "key");
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              cache.clock.advance(Duration.ofMillis(1));
              return !isPlain(unread);
            });
    assertThat(cache.isKept(unread)).isTrue();
    cache.publish(unread, Operation.PUT);
    for (int i = 0; i < 10; i++) {
      cache.publish(unread, Operation.PUT);
    }
    cache.awaitDropped(unread);
  }

  @Test
  void aReaderThatLooksNoFurtherIsGivenUp() {
    cache.read(Thing.at(5));
    cache.deaf.set(true);
    cache.publish(THEIRS, Operation.PUT);
    cache.awaitDropped(KEY);
    cache.deaf.set(false);
    cache.awaitCovered(KEY.agent());
  }

  @Test
  void changesOfOtherShardsDoNotInterruptIt() {
    cache.read(Thing.at(5));
    Awaitility.await()
        .during(Duration.ofSeconds(4))
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              cache.publish(THEIRS, Operation.PUT);
              return cache.isKept();
            });
  }
}
