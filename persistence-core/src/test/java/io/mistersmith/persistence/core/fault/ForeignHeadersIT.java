package io.mistersmith.persistence.core.fault;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.core.internal.store.nats.ForeignBlocks;
import io.mistersmith.persistence.core.internal.store.nats.WirePublisher;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages that jnats cannot read, between good ones, in every bucket of an installation. */
@Tag("fault")
class ForeignHeadersIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int GOOD = 50;

  private final Ledger ledger = new Ledger();

  @Test
  void theyBecomeDeadLettersAndStopNobody() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open();
          Persistence other = installation.open();
          WirePublisher wire = WirePublisher.connect(servers.nats())) {
        AgentId agent = installation.register(persistence, 1).get(0);
        StateRepository<Long> states = persistence.states(Long.class);
        Queue<StateKey> watched = new ConcurrentLinkedQueue<>();
        StateRepository.Watch watch =
            other.states(Long.class).watch(agent, event -> watched.add(event.key()));
        write(states, agent, 1);
        Map<String, String> blocks = new LinkedHashMap<>(ForeignBlocks.unreadable());
        blocks.putAll(ForeignBlocks.statuses());
        blocks.forEach((name, block) -> publishEverywhere(wire, installation, agent, name, block));
        for (String subject : List.of("n\0l", "*", ">", "\"quoted\\")) {
          String answer = wire.publish(subjectOf(installation, agent, subject), "1");
          assertThat(answer).contains("seq");
        }
        write(states, agent, 2);
        installation.awaitAll(ledger);
        assertThatThrownBy(() -> persistence.lifecycle().flush(agent, SOON))
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.DEAD_LETTERED));
        StateKey last = StateKey.of(agent, "good-" + (GOOD - 1));
        await().atMost(SOON).until(() -> watched.stream().filter(last::equals).count() == 2);
        assertThat(watched)
            .extracting(StateKey::key)
            .doesNotContainAnyElementsOf(ForeignBlocks.unreadable().keySet());
        watch.close();
        checkDeadLetters(installation, persistence, agent);
        checkReads(persistence, other, agent);

        // The key of an unreadable message is written again, unconditionally and not.
        for (String name : ForeignBlocks.unreadable().keySet()) {
          StateKey key = StateKey.of(agent, name);
          Revision success = states.save(key, 8L).revision();
          states.awaitDurable(key, success, SOON);
          assertThat(other.states(Long.class).find(key).orElseThrow().value()).isEqualTo(8);
        }
        assertThat(persistence.operations().deadLetters().count())
            .isEqualTo(installation.query(OPEN).size())
            .isLessThanOrEqualTo(ForeignBlocks.statuses().size() + 4);
        installation.assertNothingWentBack();
      }
    }
  }

  private static final String OPEN =
      "SELECT subject FROM agents.dead_letters WHERE status = 'open'";

  private static void publishEverywhere(
      WirePublisher wire, Installation installation, AgentId agent, String name, String block) {
    for (String bucket : new String[] {"AGENT_STATE", "SESSION_DATA", "AGENT_CONFIG"}) {
      String subject =
          "$KV." + installation.namePrefix() + bucket + "." + Installation.tail(agent, "_." + name);
      String answer = wire.publish(subject, block, "1");
      assertThat(bucket.equals("AGENT_STATE") ? answer : "seq").contains("seq");
    }
  }

  private static String subjectOf(Installation installation, AgentId agent, String key) {
    return "$KV." + installation.bucket() + "." + Installation.tail(agent, "_." + key);
  }

  private static void checkDeadLetters(
      Installation installation, Persistence persistence, AgentId agent) {
    Map<String, DeadLetter> letters = new LinkedHashMap<>();
    persistence
        .operations()
        .deadLetters()
        .open(100)
        .forEach(
            letter ->
                letters.put(letter.key().map(StateKey::key).orElse(letter.subject()), letter));
    assertThat(letters)
        .containsKeys(
            subjectOf(installation, agent, "n\0l"),
            subjectOf(installation, agent, "*"),
            subjectOf(installation, agent, ">"),
            subjectOf(installation, agent, "\"quoted\\"));
    assertThat(letters).containsKeys(ForeignBlocks.unreadable().keySet().toArray(String[]::new));
    ForeignBlocks.unreadable()
        .forEach(
            (name, block) -> {
              String kept = kept(installation, "headers", name, agent);
              assertThat(kept.replace("KV-Operation:B", "KV-Operation: B")).isEqualTo(block);
              assertThat(kept(installation, "value", name, agent)).isEqualTo("1");
              assertThatThrownBy(
                      () ->
                          persistence
                              .operations()
                              .deadLetters()
                              .replay(Objects.requireNonNull(letters.get(name)).id()))
                  .isInstanceOf(NonTransientPersistenceException.class);
            });
  }

  private static String kept(Installation installation, String column, String key, AgentId agent) {
    String hex =
        installation
            .query(
                "SELECT encode(%s, 'hex') FROM agents.dead_letters WHERE state_key = '_.%s' AND agent = '%s'"
                    .formatted(column, key, agent))
            .get(0);
    return new String(HexFormat.of().parseHex(hex), ISO_8859_1);
  }

  private static void checkReads(Persistence persistence, Persistence other, AgentId agent) {
    StateRepository<Long> states = other.states(Long.class);
    StateKey good = StateKey.of(agent, "good-0");
    StateKey bad = StateKey.of(agent, "not-ascii");
    assertThat(states.find(good).orElseThrow().value()).isEqualTo(2);
    assertThatThrownBy(() -> states.find(bad))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.SERIALIZATION_ERROR));
    assertThat(states.keys(agent, "")).contains(good).hasSizeGreaterThanOrEqualTo(GOOD);
    other.lifecycle().hydrate(agent).brought();
    persistence.checkpoints().create(agent, CheckpointOptions.full().allowingDeadLetters());
    assertThat(persistence.operations().consistency().check(CheckScope.everything()).compared())
        .isGreaterThanOrEqualTo(GOOD);
  }

  private void write(StateRepository<Long> states, AgentId agent, long number) {
    for (int i = 0; i < GOOD; i++) {
      StateKey key = StateKey.of(agent, "good-" + i);
      ledger.acknowledged(key, states.save(key, number).revision(), number);
    }
  }
}
