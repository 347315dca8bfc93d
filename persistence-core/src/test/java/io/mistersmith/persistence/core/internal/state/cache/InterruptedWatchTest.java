package io.mistersmith.persistence.core.internal.state.cache;

import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Memory is used only while the watch runs without interruption. */
class InterruptedWatchTest {

  private final CacheFixture cache =
      CacheFixture.watching(
          CacheConfig.builder().negativeTimeToLive(Duration.ofMinutes(1)).build());

  @AfterEach
  void close() {
    cache.close();
  }

  private boolean isAskedPlainly() {
    AtomicBoolean plain = new AtomicBoolean();
    var unused =
        cache.l1.load(
            KEY,
            Optional::empty,
            () -> {
              plain.set(true);
              return Optional.empty();
            });
    return plain.get();
  }

  @Test
  void whileItIsInterruptedReadsGoToTheStores() {
    cache.read(Thing.at(5));
    cache.faults.hotOutage(true);
    cache.awaitWatching(false);
    assertThat(cache.isKept()).isFalse();
    assertThat(isAskedPlainly()).isTrue();
    assertThat(cache.isKept()).isFalse();
    assertThat(cache.stats().bypassed()).isGreaterThan(1);
  }

  @Test
  void whatWasKeptBeforeAnInterruptionIsNotAnsweredAfterIt() {
    cache.read(Thing.at(5));
    cache.faults.hotOutage(true);
    cache.awaitWatching(false);
    cache.faults.hotOutage(false);
    cache.awaitWatching(true);
    assertThat(cache.isKept()).isFalse();
    cache.read(Thing.at(5));
    assertThat(cache.isKept()).as("but it is used again").isTrue();
  }

  @Test
  void aLoadThatSpansAnInterruptionIsNotKept() {
    var unused =
        cache.l1.load(
            KEY,
            () -> {
              cache.faults.hotOutage(true);
              cache.awaitWatching(false);
              cache.faults.hotOutage(false);
              cache.awaitWatching(true);
              return Optional.of(Thing.at(5));
            },
            Optional::empty);
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void nothingIsKeptBeforeTheReaderIsOpen() throws InterruptedException {
    cache.faults.hotOutage(true);
    cache.awaitWatching(false);
    try (Gate gate = cache.faults.on(Call.OPEN_READER).pauseAfter()) {
      cache.faults.hotOutage(false);
      assertThat(gate.awaitArrival(CacheFixture.SOON)).isTrue();
      assertThat(isAskedPlainly()).isTrue();
    }
    cache.awaitWatching(true);
    assertThat(isAskedPlainly()).isFalse();
  }

  @Test
  void aWatchThatIsSilentSinceItsBucketWasMadeAnewBeginsAgain() {
    cache.read(Thing.at(5));
    cache.stores.recreate(Bucket.AGENT_STATE);
    cache.awaitDropped(KEY);
    cache.awaitWatching(true);
    cache.read(Thing.at(1));
    assertThat(cache.isKept()).isTrue();
    cache.publish(KEY, Operation.PUT);
    cache.publish(KEY, Operation.PUT);
    cache.awaitDropped(KEY);
  }

  @Test
  void aStreamThatStartedAnewTakesEverythingWithIt() {
    cache.read(Thing.at(5));
    cache.epochs.startNext();
    assertThat(cache.isKept()).isFalse();
    var unused =
        cache.l1.load(
            KEY,
            () -> {
              cache.epochs.startNext();
              return Optional.of(Thing.at(5));
            },
            Optional::empty);
    assertThat(cache.isKept()).as("a load that was under way").isFalse();
    cache.read(Thing.at(5));
    assertThat(cache.isKept()).isTrue();
  }

  @Test
  void theWatchEndsWithTheCache() {
    cache.l1.close();
    assertThat(cache.stats().watching()).isFalse();
    assertThat(cache.isKept()).isFalse();
    Awaitility.await()
        .atMost(CacheFixture.SOON)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("persistence-cache-")));
  }
}
