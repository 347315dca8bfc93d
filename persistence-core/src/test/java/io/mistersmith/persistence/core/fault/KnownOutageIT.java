package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.HotStoreChanged;
import io.mistersmith.persistence.event.StoreEvent.CallRetried;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * A nats-server that is killed or frozen: once the runtime knows, each call fails at once, and the
 * guard repeats none.
 */
@Tag("fault")
@TestInstance(Lifecycle.PER_CLASS)
class KnownOutageIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final FaultServers servers = FaultServers.start();
  private final List<PersistenceEvent> events = new CopyOnWriteArrayList<>();

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void nothingIsRepeatedWhileNatsIsKilled() {
    failsAtOnce(servers.nats()::kill, servers.nats()::restart);
  }

  @Test
  void nothingIsRepeatedWhileNatsIsFrozen() {
    failsAtOnce(servers.nats()::pause, servers.nats()::resume);
  }

  private void failsAtOnce(Runnable stop, Runnable go) {
    events.clear();
    Installation installation = servers.installation();
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder()
                .cache(CacheConfig.off())
                .listener(events::add)
                .build())) {
      AgentId agent = installation.register(persistence, 1).get(0);
      // PostgreSQL does not answer for what KV alone keeps.
      StateRepository<String> sessions =
          persistence.states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
      StateKey key = StateKey.of(agent, "a");
      sessions.save(key, "1");
      stop.run();
      try {
        await("the runtime knows").atMost(SOON).until(this::isKnownToBeAway);
        events.clear();
        // Fewer than the failures that open a breaker, which would refuse the calls itself.
        assertFails(() -> sessions.find(key));
        assertFails(() -> sessions.save(key, "2"));
        assertFails(() -> sessions.find(key));
        assertThat(events).noneMatch(CallRetried.class::isInstance);
      } finally {
        go.run();
      }
      await().atMost(SOON).until(() -> passes(() -> sessions.save(key, "3")));
      assertThat(sessions.find(key).orElseThrow().value()).isEqualTo("3");
    }
  }

  private boolean isKnownToBeAway() {
    return events.stream()
        .filter(HotStoreChanged.class::isInstance)
        .map(HotStoreChanged.class::cast)
        .reduce((before, latest) -> latest)
        .filter(HotStoreChanged::away)
        .isPresent();
  }

  private static void assertFails(Runnable call) {
    PersistenceException failure = catchThrowableOfType(PersistenceException.class, call::run);
    assertThat(failure.error()).as(failure.getMessage()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(failure.isTransient()).isTrue();
    assertThat(failure).hasMessageContaining("nothing was sent");
  }

  private static boolean passes(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      assertThat(e.isTransient()).as(e.getMessage()).isTrue();
      return false;
    }
  }
}
