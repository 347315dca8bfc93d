package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.StateRepository;
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

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int GOOD = 100;

  private final Queue<FlushReport> reports = new ConcurrentLinkedQueue<>();
  private final Ledger ledger = new Ledger();

  @Test
  void onlyTheBadEntriesAreRefused() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = open(installation);
          Streams streams = Streams.of(installation)) {
        String agent = installation.register(persistence, 1).get(0);
        StateRepository<Long> states = persistence.states(Long.class);
        Agent stranger = Agent.of("fault", "stranger");
        StateKey strange = StateKey.of(stranger.id(), "of-nobody");
        // One session of the flush has begun when this is durable: what follows is one batch.
        write(states, agent, 0);
        states.flush(agent, SOON);

        Map<String, String> poison = poison(agent);
        write(states, agent, 1);
        final Revision refused = states.save(strange, 7L).revision();
        poison.forEach((subject, value) -> streams.publish(subject, value, new Headers()));
        write(states, agent, 2);
        int bad = poison.size() + 1;

        await().atMost(SOON).until(() -> persistence.deadLetters().count() == bad);
        installation.awaitAll(ledger);
        assertThat(reports)
            .as("one pass with all the bad entries and good ones")
            .anyMatch(report -> report.refused() == bad && report.rows() > bad);
        List<DeadLetter> letters = persistence.deadLetters().open(100);
        assertThat(letters).hasSize(bad).allMatch(letter -> !letter.reason().isBlank());
        assertThatThrownBy(() -> states.awaitDurable(strange, refused, SOON))
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.DEAD_LETTERED));

        replayAfterMending(installation, persistence, stranger, strange, letters);
        assertThat(persistence.deadLetters().count()).isEqualTo(bad - 1);

        // The key of a bad entry is written again, well this time.
        StateKey mended = StateKey.of(agent, "nul");
        Revision success = states.save(mended, 8L).revision();
        states.awaitDurable(mended, success, SOON);
        assertThat(installation.row(mended).number()).isEqualTo(8);
        assertThat(persistence.deadLetters().count()).isEqualTo(bad - 2);
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
  private static Map<String, String> poison(String agent) {
    Map<String, String> poison = new TreeMap<>();
    poison.put(agent + ".nul-\u0000-in-the-subject", "1");
    poison.put(agent + ".nul", "\"a\\u0000b\"");
    poison.put(agent + ".surrogate", "\"\\ud800\"");
    poison.put(agent + ".cut-off", "{\"step\":");
    poison.put(agent + ".empty", "");
    poison.put(agent + ".deep", "[".repeat(20_000) + "]".repeat(20_000));
    poison.put(agent + ".huge-number", "1e200000");
    poison.put(agent + ".not=zz.canonical", "1");
    poison.put(agent, "1");
    poison.put("not-an-agent.key", "1");
    return poison;
  }

  private void write(StateRepository<Long> states, String agent, long number) {
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
      boolean mended = letter.subject().endsWith("of-nobody");
      if (mended) {
        assertThat(persistence.deadLetters().replay(letter.id())).isTrue();
        assertThat(installation.row(strange).number()).isEqualTo(7);
      } else {
        assertThatThrownBy(() -> persistence.deadLetters().replay(letter.id()))
            .isInstanceOf(PersistenceException.class);
      }
    }
  }

  private Persistence open(Installation installation) {
    return Persistence.open(
        installation.config().toBuilder()
            .flush(
                FlushConfig.defaults()
                    .withTriggers(1_000, Duration.ofSeconds(6), 1 << 20)
                    .withCloseDeadline(SOON))
            .listener(
                new PersistenceListener() {
                  @Override
                  public void onFlushed(FlushReport report) {
                    reports.add(report);
                  }
                })
            .build());
  }
}
