package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Revocations of sessions against processes that were held up for longer than KV remembers. */
class SessionRacesTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NOBODYS = "A".repeat(43);
  private static final Duration LONGER_THAN_KV = Duration.ofMinutes(61);
  private static final NewSession OF_A_DAY =
      NewSession.ofUser("ada").withTimeToLive(Duration.ofDays(1)).withPermissions(Set.of("admin"));

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
  private final Faults none = new Faults(7);
  private final Persistence persistence = Persistence.open(config, new FaultyStores(stores, none));
  private final Stores direct = stores.open(config);
  private final HotBucket bucket = direct.hot().bucket(Bucket.SESSION_DATA);
  private final SessionStore rows = direct.sql().sessions();
  private final Faults faults = new Faults(7);
  private final Persistence late = Persistence.open(config, new FaultyStores(stores, faults));
  private final ExecutorService pool = Executors.newSingleThreadExecutor();

  /** The first turns of both runtimes tell KV of all revocations: they are over before a test. */
  @BeforeEach
  void haveFirstTurns() {
    firstTurn(persistence, none);
    firstTurn(late, faults);
  }

  private static void firstTurn(Persistence runtime, Faults itsFaults) {
    long before = itsFaults.on(Call.SQL_WRITE).count();
    assertThat(runtime.sessions().find(NOBODYS)).isEmpty();
    await().atMost(SOON).until(() -> itsFaults.on(Call.SQL_WRITE).count() > before);
  }

  @AfterEach
  void close() {
    faults.clear();
    pool.shutdownNow();
    late.close(Duration.ofSeconds(1));
    persistence.close(Duration.ofSeconds(1));
    direct.close();
  }

  private static String hash(Opened opened) {
    return Digests.sha256Hex(opened.token().getBytes(StandardCharsets.UTF_8));
  }

  private static StateKey key(Opened opened) {
    return new StateKey(AgentId.external(hash(opened)), "_session", "copy");
  }

  private Optional<HotEntry> entry(Opened opened) {
    return bucket.reads().get(key(opened), ReadFrom.LEADER);
  }

  private Optional<Session> find(Opened opened) {
    return persistence.sessions().find(opened.token());
  }

  /** A find that loads the session, and is held up before it writes the copy. */
  private void heldUp(Opened opened, Runnable meanwhile) throws Exception {
    clock.advance(LONGER_THAN_KV);
    assertThat(entry(opened)).isEmpty();
    Gate gate = faults.on(Call.PUBLISH).pauseBefore();
    Future<Optional<Session>> loading = pool.submit(() -> late.sessions().find(opened.token()));
    assertThat(gate.awaitArrival(SOON)).isTrue();
    meanwhile.run();
    gate.release();
    assertThat(loading.get(SOON.toSeconds(), TimeUnit.SECONDS)).isPresent();
  }

  @Test
  void aCopyThatIsLaterThanTheMarkersEndIsNotAnswered() throws Exception {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    heldUp(
        opened,
        () -> {
          assertThat(persistence.sessions().revoke(opened.session().id())).isTrue();
          clock.advance(LONGER_THAN_KV);
        });
    assertThat(entry(opened).orElseThrow().operation())
        .as("the late copy is there")
        .isEqualTo(Operation.PUT);
    assertThat(find(opened)).isEmpty();
    assertThat(late.sessions().find(opened.token())).isEmpty();
    assertThat(persistence.sessions().touch(opened.token())).isEmpty();
  }

  @Test
  void aCopyThatComesLateHasNoOldPermissions() throws Exception {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    heldUp(
        opened,
        () ->
            assertThat(persistence.sessions().setPermissions(opened.session().id(), Set.of("read")))
                .isPresent());
    assertThat(find(opened).orElseThrow().permissions()).containsExactly("read");
    assertThat(late.sessions().find(opened.token()).orElseThrow().permissions())
        .containsExactly("read");
  }

  @Test
  void aChangeWhoseAuthorDiedReachesKv() {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    faults.on(Call.PUBLISH).loseRequests(1);
    assertThatThrownBy(() -> late.sessions().setPermissions(opened.session().id(), Set.of("read")))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("is changed in PostgreSQL");
    try (Persistence next = Persistence.open(config, stores)) {
      await()
          .atMost(SOON)
          .until(() -> find(opened).orElseThrow().permissions().equals(Set.of("read")));
      assertThat(next.sessions().find(opened.token())).isEqualTo(find(opened));
      await().atMost(SOON).until(() -> rows.unpublished(10).isEmpty());
    }
  }

  @Test
  void kvIsToldAgainWhenItIsBack() throws Exception {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    HotEntry copy = entry(opened).orElseThrow();
    assertThat(persistence.sessions().revoke(opened.session().id())).isTrue();
    assertThat(find(opened)).isEmpty();
    bucket
        .writes()
        .evict(bucket.journal().subject(key(opened)), entry(opened).orElseThrow().sequence())
        .get();
    long unused =
        bucket
            .writes()
            .publish(key(opened), Operation.PUT, copy.value(), copy.metadata(), HotWrites.ANY);
    assertThat(find(opened)).as("KV has forgotten the marker").isPresent();
    stores.hotOutage(true);
    stores.hotOutage(false);
    await().atMost(SOON).ignoreExceptions().until(() -> find(opened).isEmpty());
  }

  /** KV is as it was before the revocation. */
  private Opened revokedAndForgotten() {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    HotEntry copy = entry(opened).orElseThrow();
    assertThat(persistence.sessions().revoke(opened.session().id())).isTrue();
    long unused =
        bucket
            .writes()
            .publish(key(opened), Operation.PUT, copy.value(), copy.metadata(), HotWrites.ANY);
    assertThat(find(opened)).as("KV has forgotten the marker").isPresent();
    return opened;
  }

  @Test
  void aProcessThatBeginsTellsKvAgain() {
    Opened opened = revokedAndForgotten();
    try (Persistence next = Persistence.open(config, stores)) {
      await().atMost(SOON).until(() -> next.sessions().find(opened.token()).isEmpty());
    }
  }

  @Test
  void anAttemptToTellAgainThatFailsIsRepeated() {
    Faults failing = new Faults(3);
    failing.on(Call.SQL_WRITE).loseRequests(1);
    try (Persistence next = Persistence.open(config, new FaultyStores(stores, failing))) {
      firstTurn(next, failing);
      Opened opened = revokedAndForgotten();
      failing.clear();
      await().atMost(SOON).until(() -> next.sessions().find(opened.token()).isEmpty());
    }
  }

  @Test
  void touchesAreWrittenEveryTenthOfTheTimeToLive() {
    Opened opened = persistence.sessions().open(OF_A_DAY);
    Duration step = OF_A_DAY.timeToLive().dividedBy(100);
    for (int i = 0; i < 200; i++) {
      clock.advance(step);
      assertThat(persistence.sessions().touch(opened.token())).as("touch %d", i).isPresent();
    }
    assertThat(rows.find(hash(opened)).orElseThrow().version()).isBetween(18L, 21L);
  }

  @Test
  void oneThreadExtendsItWhileTheOthersGoOn() throws Exception {
    Opened opened = persistence.sessions().open(NewSession.ofUser("ada"));
    clock.advance(Duration.ofMinutes(20));
    ExecutorService two = Executors.newFixedThreadPool(2);
    try {
      CompletionService<Optional<Session>> touches = new ExecutorCompletionService<>(two);
      Optional<Session> first =
          direct
              .sql()
              .inTransaction(
                  SqlOptions.of("hold the row"),
                  unit -> {
                    assertThat(unit.sessions().touch(hash(opened))).isPresent();
                    for (int i = 0; i < 2; i++) {
                      touches.submit(() -> persistence.sessions().touch(opened.token()));
                    }
                    return next(touches);
                  });
      assertThat(first).contains(opened.session());
      assertThat(next(touches).orElseThrow().expiresAt()).isAfter(opened.session().expiresAt());
    } finally {
      two.shutdownNow();
    }
  }

  private static Optional<Session> next(CompletionService<Optional<Session>> touches) {
    try {
      Future<Optional<Session>> done = touches.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(done).as("a touch that has ended").isNotNull();
      return done.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}
