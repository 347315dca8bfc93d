package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Entries that PostgreSQL can never take, among good ones, some put there past the library. */
@Tag("fault")
class PoisonIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int GOOD = 100;

  private final Queue<PersistenceEvent.Flushed> reports = new ConcurrentLinkedQueue<>();
  private final Ledger ledger = new Ledger();

  @Test
  void onlyTheBadEntriesAreRefused() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = open(installation);
          Streams streams = Streams.of(installation)) {
        AgentId agent = installation.register(persistence, 1).get(0);
        StateRepository<Long> states = persistence.states(Long.class);
        Agent stranger = Agent.of("fault", "stranger");
        StateKey strange = StateKey.of(stranger.id(), "of-nobody");
        // One session of the flush has begun when this is durable: what follows is one batch.
        write(states, agent, 0);
        persistence.lifecycle().flush(agent, SOON);

        Map<String, String> poison = poison(agent);
        write(states, agent, 1);
        final Revision refused = states.save(strange, 7L).revision();
        poison.forEach((subject, value) -> streams.publish(subject, value, new Headers()));
        write(states, agent, 2);
        int bad = poison.size() + 1;

        await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == bad);
        installation.awaitAll(ledger);
        assertThat(reports)
            .as("one pass with all the bad entries and good ones")
            .anyMatch(report -> report.refused() == bad && report.rows() > bad);
        List<DeadLetter> letters = persistence.operations().deadLetters().open(100);
        assertThat(letters).hasSize(bad).allMatch(letter -> !letter.reason().isBlank());
        assertThatThrownBy(() -> states.awaitDurable(strange, refused, SOON))
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.DEAD_LETTERED));

        replayAfterMending(installation, persistence, stranger, strange, letters);
        assertThat(persistence.operations().deadLetters().count()).isEqualTo(bad - 1);

        // The key of a bad entry is written again, well this time.
        StateKey repaired = StateKey.of(agent, "nul");
        Revision success = states.save(repaired, 8L).revision();
        states.awaitDurable(repaired, success, SOON);
        assertThat(installation.row(repaired).number()).isEqualTo(8);
        assertThat(persistence.operations().deadLetters().count()).isEqualTo(bad - 2);
        assertThat(installation.query("SELECT status FROM agents.dead_letters ORDER BY status"))
            .containsOnlyOnce("superseded", "replayed");
        installation.assertNothingWentBack();
        servers.report(
            "Poison",
            "good=%d bad=%d dead_letters=%d replayed=1 superseded=1 lost=0 codes=%s"
                .formatted(
                    ledger.acknowledged(),
                    bad,
                    bad,
                    installation
                        .query(
                            "SELECT DISTINCT coalesce(sql_state, reason_code) FROM"
                                + " agents.dead_letters ORDER BY 1")
                        .toString()
                        .replace(" ", "")));
      }
    }
  }

  /** By the rest of the subject, encoded as it is in the bucket. */
  private static Map<String, String> poison(AgentId agent) {
    String start = Installation.tail(agent, "_.");
    Map<String, String> poison = new TreeMap<>();
    poison.put(start + "nul-\u0000-in-the-subject", "1");
    poison.put(start + "nul", "\"a\\u0000b\"");
    poison.put(start + "surrogate", "\"\\ud800\"");
    poison.put(start + "cut-off", "{\"step\":");
    poison.put(start + "empty", "");
    poison.put(start + "deep", "[".repeat(20_000) + "]".repeat(20_000));
    poison.put(start + "huge-number", "1e200000");
    poison.put(start + "not=zz.canonical", "1");
    poison.put("%04d.%s".formatted(agent.shard(), agent), "1");
    poison.put(start.substring(5) + "key", "1");
    poison.put("9999" + start.substring(4) + "key", "1");
    poison.put("not-an-agent.key", "1");
    return poison;
  }

  private void write(StateRepository<Long> states, AgentId agent, long number) {
    for (int i = 0; i < GOOD; i++) {
      StateKey key = StateKey.of(agent, "good-" + i);
      ledger.acknowledged(key, states.save(key, number).revision(), number);
    }
  }

  private static void replayAfterMending(
      Installation installation,
      Persistence persistence,
      Agent stranger,
      StateKey strange,
      List<DeadLetter> letters) {
    persistence.agents().save(stranger);
    for (DeadLetter letter : letters) {
      boolean repaired = letter.subject().endsWith("of-nobody");
      if (repaired) {
        assertThat(persistence.operations().deadLetters().replay(letter.id())).isTrue();
        assertThat(installation.row(strange).number()).isEqualTo(7);
      } else {
        assertThatThrownBy(() -> persistence.operations().deadLetters().replay(letter.id()))
            .isInstanceOf(PersistenceException.class);
      }
    }
  }

  private Persistence open(Installation installation) {
    return Persistence.open(
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .dirtyKeys(1_000)
                    .maxAge(Duration.ofSeconds(6))
                    .maxBytes(1 << 20)
                    .closeDeadline(SOON)
                    .build())
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.Flushed.class,
                    report -> {
                      reports.add(report);
                    }))
            .build());
  }
}
