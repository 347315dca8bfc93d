package io.mistersmith.persistence.core.fault;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * nats-server is killed with SIGKILL after entries were evicted, and brings back what their
 * histories had dropped before. Nobody is answered with that, and nothing is written on top of it.
 */
@Tag("fault")
class KilledServerIT {

  private static final int KEYS = 40;

  private static final int HISTORY = 5;

  /** More than the history of a key holds: the one before its oldest is what comes back. */
  private static final int WRITES = 12;

  private static final long COMES_BACK = WRITES - HISTORY;
  private static final Duration IDLE = Duration.ofSeconds(3);
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void whatComesBackIsNeitherAnsweredNorWrittenAfter() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      // The first one flushes and evicts. The others would look for idle entries once an hour:
      // after the kill nobody cleans up.
      Persistence writer = open(installation, Duration.ofMillis(200));
      try (Persistence reader = open(installation, NEVER);
          Persistence late = open(installation, NEVER)) {
        AgentId agent = installation.register(writer, 1).get(0);
        StateRepository<Long> states = reader.states(Long.class);
        List<StateKey> kept = keys(agent, "kept");
        List<StateKey> deleted = keys(agent, "deleted");
        Map<StateKey, Revision> latest = new HashMap<>();
        Map<StateKey, Revision> old = new HashMap<>();
        StateRepository<Long> theirs = writer.states(Long.class);
        for (long round = 1; round <= WRITES; round++) {
          for (StateKey key : kept) {
            latest.put(key, theirs.save(key, round).revision());
            if (round == COMES_BACK) {
              old.put(key, states.find(key).orElseThrow().revision());
            }
          }
          for (StateKey key : deleted) {
            if (round < WRITES) {
              theirs.save(key, round);
            } else {
              theirs.delete(key);
            }
          }
        }
        // While its file has a message left the server keeps the file, and what is dropped in it.
        StateKey fresh = StateKey.of(agent, "fresh");
        await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  theirs.save(fresh, 0L);
                  return messages(installation) <= HISTORY;
                });
        writer.close();
        servers.nats().kill();
        servers.nats().restart();
        long back = messages(installation) - HISTORY;
        if (!servers.nats().version().startsWith("2.9.")) { // which erases what it drops
          assertThat(back)
              .as("entries that came back, without which this shows nothing")
              .isGreaterThan(KEYS);
        }
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> states.find(kept.get(0)).orElseThrow().awaySince().isEmpty());

        // The first ten by writes alone: a read would have cleaned up before.
        for (StateKey key : kept.subList(1, 10)) {
          Revision revision = requireNonNull(old.get(key));
          assertThatThrownBy(() -> states.save(key, -1L, SaveOptions.at(revision)))
              .as("a compare-and-set on what came back at %s", key)
              .isInstanceOfSatisfying(
                  PersistenceException.class,
                  e -> assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT));
        }
        for (StateKey key : deleted.subList(0, 10)) {
          assertThat(states.save(key, 0L, SaveOptions.ifAbsent()).value()).isZero();
        }
        StateRepository<Long> later = late.states(Long.class);
        for (StateKey key : kept.subList(0, 20)) {
          Versioned<Long> answer = later.find(key).orElseThrow();
          assertThat(answer.value()).as("%s", key).isEqualTo(WRITES);
          assertThat(answer.revision()).isEqualTo(latest.get(key));
        }
        later
            .findAll(kept.subList(20, 30))
            .forEach(
                (key, answer) ->
                    assertThat(answer.orElseThrow().orElseThrow().value())
                        .as("%s", key)
                        .isEqualTo(WRITES));
        for (StateKey key : kept.subList(30, KEYS)) {
          assertThat(later.findAsync(key).join().orElseThrow().value())
              .as("%s", key)
              .isEqualTo(WRITES);
        }
        assertThat(later.keys(agent, ""))
            .as("keys that live")
            .containsAll(kept)
            .containsAll(deleted.subList(0, 10))
            .doesNotContainAnyElementsOf(deleted.subList(10, KEYS));
        for (StateKey key : deleted.subList(10, KEYS)) {
          assertThat(later.find(key)).as("%s", key).isEmpty();
        }
        installation.assertNothingWentBack();
        servers.report("KilledServer", "keys=%d came_back=%d answered=0".formatted(2 * KEYS, back));
      }
    }
  }

  @Test
  void aSessionThatEndedDoesNotComeBack() throws Exception {
    try (FaultServers servers = FaultServers.start();
        Persistence persistence = Persistence.open(servers.installation().config())) {
      StateRepository<String> sessions =
          persistence.states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
      List<StateKey> keys = keys(AgentId.external("user"), "session");
      for (StateKey key : keys) {
        sessions.save(key, "without an end");
        sessions.save(
            key, "ends", SaveOptions.unconditional().withTimeToLive(Duration.ofSeconds(1)));
      }
      await()
          .atMost(PATIENCE)
          .until(() -> keys.stream().allMatch(key -> sessions.find(key).isEmpty()));
      StateKey other = StateKey.of(AgentId.external("user"), "other");
      sessions.save(other, "lives");
      servers.nats().kill();
      servers.nats().restart();
      await().atMost(PATIENCE).ignoreExceptions().until(() -> sessions.find(other).isPresent());
      for (StateKey key : keys) {
        assertThat(sessions.find(key)).as("%s", key).isEmpty();
      }
    }
  }

  private static List<StateKey> keys(AgentId agent, String prefix) {
    return IntStream.range(0, KEYS).mapToObj(i -> StateKey.of(agent, prefix + i)).toList();
  }

  private static long messages(Installation installation) {
    try (Streams streams = Streams.of(installation)) {
      return streams.info().getStreamState().getMsgCount();
    }
  }

  private static Persistence open(Installation installation, Duration sweep) {
    PersistenceConfig config = installation.config();
    return Persistence.open(
        config.toBuilder()
            .cache(CacheConfig.off())
            .flush(config.flush().toBuilder().idleTimeToLive(IDLE).sweepInterval(sweep).build())
            .build());
  }
}
