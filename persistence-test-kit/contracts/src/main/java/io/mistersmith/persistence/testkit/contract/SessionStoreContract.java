package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.SessionQuery;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.Revoked;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import io.mistersmith.persistence.spi.sql.SessionStore.Unpublished;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of a store of sessions. */
public abstract class SessionStoreContract extends DurableContract {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofHours(1);

  /** For implementations. */
  protected SessionStoreContract() {}

  private SessionStore sessions() {
    return stores().sql().sessions();
  }

  private static String hash() {
    return UUID.randomUUID().toString().replace("-", "").repeat(2);
  }

  private StoredSession create(Duration timeToLive) {
    return sessions().create(NewSession.ofUser("ada").withTimeToLive(timeToLive), hash());
  }

  private Optional<Unpublished> unpublished(StoredSession session) {
    return sessions().unpublished(10_000).stream()
        .filter(row -> row.id().equals(session.session().id()))
        .findFirst();
  }

  @Test
  void changesRaiseTheVersionAndMarkTheRow() {
    StoredSession created = create(LONG);
    assertThat(created.version()).isEqualTo(1);
    assertThat(created.left()).isBetween(LONG.minusSeconds(10), LONG);
    assertThat(sessions().touch(created.tokenHash()).orElseThrow().version())
        .as("nothing to write yet")
        .isEqualTo(1);
    assertThat(unpublished(created)).isEmpty();
    UUID id = created.session().id();
    StoredSession changed =
        sessions()
            .change(id, Optional.of(Set.of("read")), Optional.of(Map.of("a", "b")))
            .orElseThrow();
    assertThat(changed.version()).isEqualTo(2);
    assertThat(changed.session().permissions()).containsExactly("read");
    assertThat(changed.session().preferences()).isEqualTo(Map.of("a", "b"));
    assertThat(unpublished(created).orElseThrow().valid().orElseThrow().session())
        .isEqualTo(changed.session());
    sessions().markPublished(Map.of(id, 1L));
    assertThat(unpublished(created)).as("of another version").isPresent();
    sessions().markPublished(Map.of(id, 2L));
    assertThat(unpublished(created)).isEmpty();
  }

  @Test
  void aRevokedSessionIsNotValidAndIsMarkedUntilItIsPublished() {
    StoredSession created = create(LONG);
    UUID id = created.session().id();
    List<UUID> both = List.of(id, UUID.randomUUID());
    Revoked first = new Revoked(id, created.tokenHash(), 2, true);
    assertThat(sessions().revoke(both)).containsExactly(first);
    assertThat(sessions().revoke(both))
        .containsExactly(new Revoked(id, created.tokenHash(), 2, false));
    assertThat(sessions().find(created.tokenHash())).isEmpty();
    assertThat(sessions().touch(created.tokenHash())).isEmpty();
    assertThat(sessions().change(id, Optional.of(Set.of()), Optional.empty())).isEmpty();
    assertThat(unpublished(created).orElseThrow().valid()).isEmpty();
    sessions().markPublished(Map.of(id, 2L));
    assertThat(sessions().revoke(both)).isEmpty();
    assertThat(unpublished(created)).isEmpty();
    assertThat(sessions().republishRevoked()).isPositive();
    assertThat(unpublished(created)).isPresent();
  }

  @Test
  void aTouchBringsTheEndForward() {
    StoredSession created = create(Duration.ofSeconds(10));
    elapse(Duration.ofMillis(1_050));
    StoredSession touched = sessions().touch(created.tokenHash()).orElseThrow();
    assertThat(touched.version()).isEqualTo(2);
    assertThat(touched.session().expiresAt())
        .isAfterOrEqualTo(created.session().expiresAt().plusSeconds(1));
    assertThat(sessions().find(created.tokenHash()).orElseThrow().session())
        .isEqualTo(touched.session());
  }

  @Test
  void whatHasEndedIsRemoved() {
    StoredSession expired = create(SHORT);
    StoredSession live = create(LONG);
    StoredSession revoked = create(LONG);
    StoredSession marked = create(LONG);
    sessions().revoke(List.of(revoked.session().id(), marked.session().id()));
    sessions().markPublished(Map.of(revoked.session().id(), 2L));
    elapse(SHORT);
    assertThat(sessions().find(expired.tokenHash())).isEmpty();
    assertThat(sessions().removeEnded(LONG, 1_000)).isPositive();
    assertThat(sessions().republishRevoked()).as("revoked just now").isPositive();
    sessions().markPublished(Map.of(revoked.session().id(), 2L));
    assertThat(sessions().removeEnded(Duration.ofMillis(1), 1_000)).isPositive();
    assertThat(unpublished(marked)).as("KV was not told").isPresent();
    assertThat(sessions().find(live.tokenHash())).isPresent();
    int unused = sessions().republishRevoked();
    assertThat(unpublished(revoked)).isEmpty();
    assertThat(sessions().removeEnded(LONG, 1_000)).isZero();
  }

  @Test
  void sessionsOfADeletedAgentAreRevoked() {
    AgentId agent = register();
    StoredSession created = sessions().create(NewSession.ofAgent(agent), hash());
    assertThat(stores().sql().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(sessions().find(created.tokenHash())).isEmpty();
    assertThat(sessions().find(SessionQuery.ofAgent(agent))).isEmpty();
    Unpublished row = unpublished(created).orElseThrow();
    assertThat(row.valid()).isEmpty();
    assertThat(row.version()).isEqualTo(2);
    assertFails(
        DataError.CONSTRAINT_VIOLATION, () -> sessions().create(NewSession.ofAgent(agent), hash()));
  }

  @Test
  void aTouchWaitsForARevocationAndMeetsIt() throws Exception {
    StoredSession created = create(Duration.ofSeconds(10));
    elapse(Duration.ofMillis(1_050));
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> waiting =
          stores()
              .sql()
              .inTransaction(
                  SqlOptions.of("revoke"),
                  unit -> {
                    assertThat(unit.sessions().revoke(List.of(created.session().id()))).hasSize(1);
                    assertThat(unit.sessions().find(created.tokenHash())).isEmpty();
                    assertThat(sessions().find(created.tokenHash()))
                        .as("not committed")
                        .isPresent();
                    return List.of(
                        pool.submit(() -> sessions().touch(created.tokenHash())),
                        pool.submit(() -> sessions().revoke(List.of(created.session().id()))));
                  });
      assertThat(waiting.get(0).get(60, TimeUnit.SECONDS)).isEqualTo(Optional.empty());
      assertThat(waiting.get(1).get(60, TimeUnit.SECONDS))
          .isEqualTo(List.of(new Revoked(created.session().id(), created.tokenHash(), 2, false)));
    } finally {
      pool.shutdownNow();
    }
  }
}
