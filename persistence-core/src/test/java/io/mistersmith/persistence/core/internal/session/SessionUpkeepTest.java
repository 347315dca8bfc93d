package io.mistersmith.persistence.core.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.session.Sessions.Opened;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.SessionStore;
import io.mistersmith.persistence.spi.sql.SessionStore.Unpublished;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows that are published to KV later, while its bucket has no room for some of them. */
class SessionUpkeepTest {

  private static final long ROOM = 4_000;

  private final PersistenceConfig config =
      PersistenceConfig.inMemory()
          .bucket(
              Bucket.SESSION_DATA,
              Bucket.SESSION_DATA.defaults().toBuilder().maxBytes(ROOM).build())
          .build();
  private final Stores stores = new InMemoryStores().open(config);
  private final SessionStore store = stores.sql().sessions();
  private final StoredSessions sessions =
      new StoredSessions(
          store, stores.hot().bucket(Bucket.SESSION_DATA), stores.hot().clock(), Sealing.NONE);

  @AfterEach
  void close() {
    stores.close();
  }

  private Opened open() {
    return sessions.open(NewSession.ofUser("ada"));
  }

  /** Changes a session in PostgreSQL alone, as a process does that is killed after its commit. */
  private void prefer(Opened session, int length) {
    Map<String, String> preferences =
        Map.of(
            "a",
            "x".repeat(length / 4),
            "b",
            "x".repeat(length / 4),
            "c",
            "x".repeat(length / 4),
            "d",
            "x".repeat(length / 4));
    assertThat(store.change(session.session().id(), Optional.empty(), Optional.of(preferences)))
        .isPresent();
  }

  private void permit(Opened session) {
    assertThat(store.change(session.session().id(), Optional.of(Set.of("write")), Optional.empty()))
        .isPresent();
  }

  private boolean isPermitted(Opened session) {
    return sessions.find(session.token()).orElseThrow().permissions().contains("write");
  }

  @Test
  void aChangeThatTheBucketHasNoRoomForHoldsUpNoOther() {
    Opened first = open();
    Opened large = open();
    Opened revoked = open();
    Opened last = open();
    permit(first);
    prefer(large, (int) ROOM);
    assertThat(store.revoke(List.of(revoked.session().id()))).hasSize(1);
    permit(last);
    assertThat(isPermitted(first)).as("KV is asked, and not told yet").isFalse();
    SessionUpkeep upkeep = new SessionUpkeep(store, sessions);
    upkeep.publishMissing();
    assertThat(isPermitted(first)).isTrue();
    assertThat(isPermitted(last)).isTrue();
    assertThat(sessions.find(revoked.token())).isEmpty();
    assertThat(store.unpublished(10))
        .extracting(Unpublished::id)
        .containsExactly(large.session().id());
    prefer(large, 4);
    upkeep.publishMissing();
    assertThat(store.unpublished(10)).isEmpty();
    assertThat(sessions.find(large.token()).orElseThrow().preferences()).containsEntry("a", "x");
  }
}
