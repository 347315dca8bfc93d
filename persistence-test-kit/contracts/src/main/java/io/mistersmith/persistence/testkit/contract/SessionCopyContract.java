package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What {@link Sessions} promise while a store is away, and of copies and touches that come late.
 */
public abstract class SessionCopyContract extends SessionTests {

  /** For the runner's subclass. */
  protected SessionCopyContract() {}

  @Test
  void whileKvIsAwayPostgresqlAnswersAndARevocationIsMadeUpFor() {
    Opened opened = sessions().open(NewSession.ofUser(user()));
    Opened revoked = sessions().open(NewSession.ofUser(user()));
    Faults faults = new Faults(1);
    Persistence other = open(config().build(), faults);
    faults.hotOutage(true);
    assertThat(other.sessions().find(opened.token())).contains(opened.session());
    assertThat(other.sessions().touch(opened.token())).contains(opened.session());
    Opened meanwhile = other.sessions().open(NewSession.ofUser(user()));
    assertThat(other.sessions().find(meanwhile.token())).isPresent();
    assertThat(sessions().find(meanwhile.token())).contains(meanwhile.session());
    assertThatThrownBy(() -> other.sessions().revoke(revoked.session().id()))
        .isInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining(revoked.session().id().toString());
    assertThat(other.sessions().find(revoked.token())).isEmpty();
    assertThat(sessions().find(SessionQuery.ofUser(user()))).doesNotContain(revoked.session());
    // Another call tells KV, though it does not revoke it any more.
    assertThat(sessions().revoke(revoked.session().id())).isFalse();
    assertThat(sessions().find(revoked.token())).isEmpty();
  }

  @Test
  void anotherProcessTellsKvOfARevocationWhoseAuthorDied() {
    Opened opened = sessions().open(ADA);
    Faults faults = new Faults(1);
    Persistence dying = open(config().build(), faults);
    faults.on(Call.PUBLISH).loseRequests(1);
    assertThatThrownBy(() -> dying.sessions().revoke(opened.session().id()))
        .isInstanceOf(TransientPersistenceException.class);
    Persistence next = open(config().build());
    Awaitility.await().atMost(SOON).until(() -> sessions().find(opened.token()).isEmpty());
    assertThat(next.sessions().find(opened.token())).isEmpty();
  }

  @Test
  void whilePostgresqlIsAwayKvAnswers() {
    Opened opened = sessions().open(ADA.withTimeToLive(TIME_TO_LIVE));
    Faults faults = new Faults(1);
    Persistence other = open(config().build(), faults);
    Opened unused = other.sessions().open(ADA); // it has the data key, where copies are encrypted
    faults.sqlOutage(true);
    assertThat(other.sessions().find(opened.token())).contains(opened.session());
    elapse(UNTIL_DUE);
    assertThat(other.sessions().touch(opened.token()))
        .as("not extended")
        .contains(opened.session());
    assertThatThrownBy(() -> other.sessions().revoke(opened.session().id()))
        .isInstanceOf(TransientPersistenceException.class);
    assertThat(sessions().find(opened.token())).isPresent();
    faults.sqlOutage(false);
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                other
                    .sessions()
                    .touch(opened.token())
                    .filter(now -> now.expiresAt().isAfter(opened.session().expiresAt()))
                    .isPresent());
  }

  @Test
  void aCopyThatComesLateDoesNotBringItBack() throws Exception {
    Opened opened = sessions().open(ADA);
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    forget(bucket, opened.token());
    Faults faults = new Faults(1);
    Persistence late = open(config().build(), faults);
    Gate gate = faults.on(Call.PUBLISH).pauseBefore();
    revokedMeanwhile(gate, () -> late.sessions().find(opened.token()), opened);
    assertThat(copy(bucket, opened.token()).orElseThrow().operation()).isEqualTo(Operation.DELETE);
  }

  @Test
  void aTouchThatComesLateDoesNotBringItBack() throws Exception {
    Opened opened = sessions().open(ADA.withTimeToLive(TIME_TO_LIVE));
    elapse(UNTIL_DUE);
    Faults faults = new Faults(1);
    Persistence late = open(config().build(), faults);
    Gate gate = faults.on(Call.PUBLISH).pauseBefore();
    revokedMeanwhile(gate, () -> late.sessions().touch(opened.token()), opened);
  }

  @Test
  void aTouchWaitsForARevocationThatIsNotCommittedYet() throws Exception {
    Opened opened = sessions().open(ADA.withTimeToLive(TIME_TO_LIVE));
    elapse(UNTIL_DUE);
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      Future<Optional<Session>> touch =
          persistence()
              .transactions()
              .run(
                  TransactionOptions.of(Boundary.SINGLE_OPERATION, "log out"),
                  transaction -> {
                    assertThat(transaction.sessions().revoke(opened.session().id())).isTrue();
                    return pool.submit(() -> sessions().touch(opened.token()));
                  });
      assertThat(touch.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEmpty();
      assertThat(sessions().find(opened.token())).isEmpty();
      assertThat(sessions().touch(opened.token())).isEmpty();
    } finally {
      pool.shutdownNow();
    }
  }

  private void revokedMeanwhile(Gate gate, Callable<Optional<Session>> call, Opened opened)
      throws Exception {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      Future<Optional<Session>> late = pool.submit(call);
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(sessions().revoke(opened.session().id())).isTrue();
      gate.release();
      assertThat(late.get(SOON.toSeconds(), TimeUnit.SECONDS)).as("began before").isPresent();
      assertThat(sessions().find(opened.token())).isEmpty();
      assertThat(sessions().touch(opened.token())).isEmpty();
    } finally {
      gate.release();
      pool.shutdownNow();
    }
  }

  @Test
  void whatPostgresqlDoesNotHaveIsTakenOutOfKvByATouch() throws Exception {
    Opened opened = sessions().open(ADA.withTimeToLive(TIME_TO_LIVE));
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    // In one transaction, so that the upkeep meets no change that is not published.
    Map<UUID, Long> marked =
        stores()
            .sql()
            .inTransaction(
                SqlOptions.of("revoke a session in PostgreSQL alone"),
                unit -> {
                  SessionStore store = unit.sessions();
                  long version = store.revoke(List.of(opened.session().id())).get(0).version();
                  Map<UUID, Long> versions = Map.of(opened.session().id(), version);
                  store.markPublished(versions);
                  return versions;
                });
    assertThat(marked).hasSize(1);
    assertThat(sessions().find(opened.token())).as("only PostgreSQL knows").isPresent();
    elapse(UNTIL_DUE);
    assertThat(sessions().touch(opened.token())).isEmpty();
    assertThat(copy(bucket, opened.token()).orElseThrow().operation()).isEqualTo(Operation.DELETE);
    assertThat(sessions().find(opened.token())).isEmpty();
  }

  @Test
  void foreignBytesInItsPlaceAreNoSession() throws Exception {
    Opened opened = sessions().open(ADA);
    HotBucket bucket = stores().hot().bucket(Bucket.SESSION_DATA);
    long unused =
        bucket
            .writes()
            .publish(
                keyOf(opened.token()),
                Operation.PUT,
                "{\"session\":5}".getBytes(StandardCharsets.UTF_8),
                EntryMetadata.NONE,
                HotWrites.ANY);
    assertThat(sessions().find(opened.token())).contains(opened.session());
    assertThat(sessions().revoke(opened.session().id())).isTrue();
    assertThat(sessions().find(opened.token())).isEmpty();
  }
}
