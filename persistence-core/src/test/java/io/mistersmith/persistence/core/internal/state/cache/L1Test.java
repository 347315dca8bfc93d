package io.mistersmith.persistence.core.internal.state.cache;

import static io.mistersmith.persistence.core.internal.state.cache.CacheFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.fault.Call;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which entries the cache keeps, for how long, and when it drops them. */
class L1Test {

  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .timeToLive(Duration.ofMinutes(1))
          .negativeTimeToLive(Duration.ofSeconds(2))
          .build();

  private CacheFixture cache = CacheFixture.watching(CONFIG);

  @AfterEach
  void close() {
    cache.close();
  }

  private void use(CacheFixture other) {
    cache.close();
    cache = other;
  }

  private static Revision revision(long sequence) {
    return new Revision.OfJournal(1, sequence);
  }

  @Test
  void whatWasLoadedIsAnsweredFromMemory() {
    Thing stored = Thing.at(5);
    assertThat(cache.read(stored)).containsSame(stored);
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    assertThat(slot.entry()).containsSame(stored);
    assertThat(cache.stats().hits()).isEqualTo(1);
    assertThat(cache.stats().loads()).isEqualTo(1);
    assertThat(cache.stats().misses()).isEqualTo(1);
  }

  @Test
  void aLaterWriteDropsIt() {
    cache.read(Thing.at(5));
    cache.l1.changed(KEY, revision(5));
    assertThat(cache.isKept()).as("its own revision replaces nothing").isTrue();
    cache.l1.changed(KEY, revision(4));
    assertThat(cache.isKept()).as("nor does an earlier one").isTrue();
    cache.l1.changed(KEY, revision(6));
    assertThat(cache.isKept()).isFalse();
    assertThat(cache.stats().invalidations()).isEqualTo(1);
  }

  @Test
  void aLoadThatAWriteOvertookIsNotKept() {
    Optional<Thing> found =
        cache.l1.load(
            KEY,
            () -> {
              cache.l1.changed(KEY, revision(6));
              return Optional.of(Thing.at(5));
            },
            Optional::empty);
    assertThat(found.orElseThrow().revision()).isEqualTo(revision(5));
    assertThat(cache.isKept()).isFalse();
    assertThat(cache.stats().refused()).isEqualTo(1);
  }

  @Test
  void aLoadThatFoundTheWriteWhichCameMeanwhileIsKept() {
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.changed(KEY, revision(6));
          return Optional.of(Thing.at(6));
        },
        Optional::empty);
    assertThat(cache.isKept()).isTrue();
  }

  @Test
  void aLoadDuringWhichAnybodysWriteFailedIsNotKept() {
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.forget(KEY);
          return Optional.of(Thing.at(5));
        },
        Optional::empty);
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void anAbsenceThatAWriteOvertookIsNotKept() {
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.changed(KEY, revision(1));
          return Optional.empty();
        },
        Optional::empty);
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void aLoadThatWasReplacedByAnotherIsNotKept() {
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.changed(KEY, revision(4));
          // The next reader loads again, and the cache follows changes from then on.
          cache.read(KEY, Optional.of(Thing.at(5)));
          cache.l1.changed(KEY, revision(6));
          return Optional.of(Thing.at(5));
        },
        Optional::empty);
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void aLoadThatFoundLessThanIsKeptDoesNotReplaceIt() {
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.changed(KEY, revision(3));
          cache.read(KEY, Optional.of(Thing.at(6)));
          return Optional.of(Thing.at(5));
        },
        Optional::empty);
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    assertThat(slot.entry().orElseThrow().revision()).isEqualTo(revision(6));
  }

  @Test
  void whoMissedItBeforeItWasKeptDoesNotReplaceItByLess() {
    cache.read(Thing.at(6));
    cache.read(Thing.at(5));
    assertThat(kept()).isEqualTo(revision(6));
    cache.read(Thing.at(7));
    assertThat(kept()).isEqualTo(revision(7));
    cache.clock.advance(Duration.ofMinutes(1));
    cache.read(Thing.at(6));
    assertThat(kept()).as("what is over is no obstacle").isEqualTo(revision(6));
  }

  private Revision kept() {
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    return slot.entry().orElseThrow().revision();
  }

  @Test
  void aWriteThatIsHeardOfWhileALoadIsJustBeingKeptDropsIt() throws Exception {
    dropsWhatIsJustBeingKept(() -> cache.l1.changed(KEY, revision(6)));
  }

  @Test
  void soDoesOneOfUnknownOutcome() throws Exception {
    dropsWhatIsJustBeingKept(() -> cache.l1.forget(KEY));
  }

  /** The change comes after the load has looked for one, and before it is in the map. */
  private void dropsWhatIsJustBeingKept(Runnable change) throws Exception {
    Thread changing = new Thread(change, "changing");
    changing.setDaemon(true);
    Set<Thread.State> waitsOrIsOver = Set.of(Thread.State.BLOCKED, Thread.State.TERMINATED);
    cache.read(
        Thing.at(5)
            .weighedBy(
                () -> {
                  if (changing.getState() == Thread.State.NEW) {
                    changing.start();
                    Awaitility.await()
                        .atMost(CacheFixture.SOON)
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> waitsOrIsOver.contains(changing.getState()));
                  }
                }));
    changing.join(CacheFixture.SOON.toMillis());
    assertThat(changing.isAlive()).isFalse();
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void nothingBelowTheFloorIsKept() {
    cache.floors.put(KEY, revision(6));
    cache.read(Thing.at(5));
    assertThat(cache.isKept()).isFalse();
    cache.read(Thing.at(6));
    assertThat(cache.isKept()).isTrue();
  }

  @Test
  void aWriteOfUnknownOutcomeDropsIt() {
    cache.read(Thing.at(5));
    cache.l1.forget(KEY);
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void theWatchDropsWhatAnotherProcessWrote() {
    cache.read(Thing.at(1));
    cache.publish(KEY, Operation.PUT);
    assertThat(cache.isKept()).as("sequence 1 is what is kept").isTrue();
    cache.publish(KEY, Operation.PUT);
    cache.awaitDropped(KEY);
    cache.read(Thing.at(2));
    cache.publish(KEY, Operation.DELETE);
    cache.awaitDropped(KEY);
    cache.read(KEY, Optional.empty());
    cache.publish(KEY, Operation.PUT);
    cache.awaitDropped(KEY);
  }

  @Test
  void itIsKeptForItsTimeToLive() {
    cache.read(Thing.at(5));
    cache.clock.advance(Duration.ofMillis(59_999));
    assertThat(cache.isKept()).isTrue();
    cache.clock.advance(Duration.ofMillis(1));
    assertThat(cache.isKept()).isFalse();
    cache.read(Thing.at(5));
    assertThat(cache.isKept()).as("loaded again").isTrue();
  }

  @Test
  void anAbsenceIsKeptForAShortTime() {
    cache.read(KEY, Optional.empty());
    cache.clock.advance(Duration.ofMillis(1_999));
    Slot<Thing> slot = cache.l1.find(KEY);
    assertThat(slot).isNotNull();
    assertThat(slot.isNegative()).isTrue();
    assertThat(cache.stats().negativeHits()).isEqualTo(1);
    cache.clock.advance(Duration.ofMillis(1));
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void soIsAnEntryThatMayBeAnOutdatedCopy() {
    cache.read(Thing.at(5).unsettled());
    assertThat(cache.isKept()).isTrue();
    cache.clock.advance(Duration.ofSeconds(2));
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void withoutANegativeTimeToLiveNoAbsenceIsKept() {
    use(CacheFixture.watching(CONFIG.toBuilder().negativeTimeToLive(Duration.ZERO).build()));
    cache.read(KEY, Optional.empty());
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void noEntryIsAnsweredAfterItsEnd() {
    Instant end = cache.clock.instant().plusSeconds(10);
    cache.read(Thing.at(5).until(end));
    cache.clock.advance(Duration.ofMillis(9_999));
    assertThat(cache.isKept()).isTrue();
    cache.clock.advance(Duration.ofMillis(1));
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void norAfterTheBucketsAge() {
    use(CacheFixture.watching(new CacheFixture(CONFIG, true, Duration.ofSeconds(30))));
    cache.read(Thing.at(5).writtenAt(cache.clock.instant().minusSeconds(20)));
    cache.clock.advance(Duration.ofMillis(9_999));
    assertThat(cache.isKept()).isTrue();
    cache.clock.advance(Duration.ofMillis(1));
    assertThat(cache.isKept()).isFalse();
  }

  @Test
  void memoryIsBoundedByWeight() {
    use(CacheFixture.watching(CONFIG.toBuilder().maxWeightBytes(100_000).build()));
    for (int i = 0; i < 1_000; i++) {
      cache.read(
          StateKey.of(AgentId.external("agent"), "k" + i), Optional.of(Thing.at(5).ofBytes(1_000)));
    }
    assertThat(cache.stats().weightBytes()).isBetween(50_000L, 100_000L);
    assertThat(cache.stats().entries()).isBetween(20L, 50L);
    assertThat(cache.stats().evictions()).isGreaterThan(900);
    cache.read(Thing.at(5).ofBytes(60_000));
    assertThat(cache.stats().weightBytes()).isLessThanOrEqualTo(100_000L);
    assertThat(cache.isKept()).as("larger than all of it").isFalse();
  }

  @Test
  void allThatAnOwnerHadIsDropped() {
    StateKey other = StateKey.of(AgentId.external("other"), "key");
    cache.awaitCovered(other.agent());
    cache.read(other, Optional.of(Thing.at(5)));
    cache.l1.load(
        KEY,
        () -> {
          cache.l1.forgetOwner(AgentId.external("agent"));
          return Optional.of(Thing.at(5));
        },
        Optional::empty);
    assertThat(cache.isKept()).as("a load that was under way").isFalse();
    cache.read(Thing.at(5));
    cache.l1.forgetOwner(AgentId.external("agent"));
    assertThat(cache.isKept()).isFalse();
    assertThat(cache.isKept(other)).isTrue();
  }

  @Test
  void manyKeysAreLoadedTogetherAndKept() {
    StateKey absent = StateKey.of(AgentId.external("agent"), "absent");
    StateKey overtaken = StateKey.of(AgentId.external("agent"), "overtaken");
    Map<StateKey, Optional<Thing>> stored = new HashMap<>();
    stored.put(KEY, Optional.of(Thing.at(5)));
    stored.put(absent, Optional.empty());
    stored.put(overtaken, Optional.of(Thing.at(5)));
    assertThat(
            cache.l1.loadAll(
                List.of(KEY, absent, overtaken),
                keys -> {
                  cache.l1.changed(overtaken, revision(6));
                  return stored;
                },
                keys -> Map.of()))
        .isEqualTo(stored);
    assertThat(cache.isKept()).isTrue();
    assertThat(cache.isKept(absent)).isTrue();
    assertThat(cache.isKept(overtaken)).isFalse();
  }

  @Test
  void aHitCountsAsAUseOfItsOwnerOnceASecond() {
    cache.read(Thing.at(5));
    for (int i = 0; i < 5; i++) {
      assertThat(cache.isKept()).isTrue();
    }
    assertThat(cache.used).as("the load has told of itself").isEmpty();
    cache.clock.advance(Duration.ofSeconds(1));
    for (int i = 0; i < 5; i++) {
      assertThat(cache.isKept()).isTrue();
    }
    assertThat(cache.used).containsExactly(AgentId.external("agent"));
  }

  @Test
  void whereItIsOffEveryReadGoesToTheStores() {
    use(new CacheFixture(CONFIG, false, Duration.ZERO));
    for (int i = 0; i < 10; i++) {
      cache.read(Thing.at(5));
      assertThat(cache.isKept()).isFalse();
    }
    assertThat(cache.l1.stats()).isEmpty();
    assertThat(cache.faults.on(Call.OPEN_READER).count()).isZero();
  }

  @Test
  void whereNothingIsCountedItIsKeptAllTheSame() {
    use(CacheFixture.watching(CONFIG.toBuilder().statistics(false).build()));
    cache.read(Thing.at(5));
    assertThat(cache.isKept()).isTrue();
    assertThat(cache.stats().hits()).isZero();
    assertThat(cache.stats().entries()).isPositive();
  }

  @Test
  void whoOnlyWritesStartsNoWatch() {
    use(new CacheFixture(CONFIG));
    cache.l1.changed(KEY, revision(5));
    cache.l1.forget(KEY);
    assertThat(cache.faults.on(Call.OPEN_READER).count()).isZero();
    assertThat(cache.stats().watching()).isFalse();
  }
}
