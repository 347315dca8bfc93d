package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.delete;
import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State rows and dead letters, beyond what every store must do. */
@Tag("contract")
class PostgresStateStoreIT {

  private PostgresDatabase database;
  private PostgresStore store;
  private AgentId agent;
  private JournalPosition position;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
    agent = store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    position =
        store.sql().journals().startEpoch("TEST", Optional.empty(), 1, Instant.EPOCH, "first");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void apply(StateChange... changes) {
    JournalPosition next =
        position.advancedTo(position.sequence() + changes.length, Changes.WRITTEN);
    store.sql().journals().apply(position, next, List.of(changes));
    position = next;
  }

  /** In the order of most languages a is before B. */
  @ParameterizedTest
  @ValueSource(strings = {"conversation-7", "Grüße, 世界 \uD83D\uDE00", "a.b/c *>", "7f1c"})
  void sqlKnowsAnExternalOwnerByTheIdThatJavaComputes(String name) {
    assertThat(database.query("SELECT agents.owner_id('" + name + "')"))
        .containsExactly(AgentId.external(name).uuid().toString());
  }

  @Test
  void pagesOfKeysDoNotDependOnTheDatabasesOrder() {
    assertThat(
            database.query(
                "SELECT collation_name FROM information_schema.columns"
                    + " WHERE table_name = 'state' AND column_name = 'state_key'"))
        .containsExactly("C");
    apply(
        Changes.put(agent, "b", "1", position.epoch(), 1),
        Changes.put(agent, "B", "1", position.epoch(), 2),
        Changes.put(agent, "a", "1", position.epoch(), 3));
    List<StateKey> pages = new ArrayList<>();
    for (int page = 0; page < 3; page++) {
      String after = pages.isEmpty() ? "" : pages.get(page - 1).path();
      store.sql().states().keys(agent, "", after, 1).forEach(row -> pages.add(row.key()));
    }
    assertThat(pages).extracting(StateKey::key).containsExactly("B", "a", "b");
    assertThat(store.sql().states().keys(agent, "")).hasSize(3);
  }

  @Test
  void listsByPrefixWhateverCharactersItHas() {
    List<String> keys =
        List.of("a%b", "a_b", "axb", "a\\b", "a.b", "A.b", "Ω", "Ωx", "'; DROP TABLE x; --", "é");
    long sequence = 0;
    for (String key : keys) {
      apply(put(agent, key, "1", position.epoch(), ++sequence));
    }

    assertThat(list("")).containsExactlyInAnyOrderElementsOf(keys);
    assertThat(list("a%")).containsExactly("a%b");
    assertThat(list("a_")).containsExactly("a_b");
    assertThat(list("a\\")).containsExactly("a\\b");
    assertThat(list("Ω")).containsExactlyInAnyOrder("Ω", "Ωx");
    assertThat(list("'")).hasSize(1);
    assertThat(store.sql().states().findByAgent(AgentId.external("no uuid"), "")).isEmpty();
    assertThat(store.sql().states().findByAgent(AgentId.external(agent.toString()), "")).isEmpty();
  }

  private List<String> list(String prefix) {
    return store.sql().states().findByAgent(agent, "_." + prefix).stream()
        .map(state -> state.key().key())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "true",
        "-17",
        "[0,0.00,1.50,10000000,123456789012345678901234567890,-0.5]",
        "{\"\":0,\"a\":1,\"b\":[{\"c\":2}],\"aa\":{\"z\":1,\"\u00e9\":2}}",
        "[\", : blanks  and \\\" \\\\ \\n\\t\\b\\f\\r\",\"\ud83e\udd16 / \u007f\"]",
        "[[[[]]],{\"k\":{\"k\":[null,false]}}]"
      })
  void whatJsonbGivesBackIsKeptOnce(String json) {
    apply(put(agent, "k", json, position.epoch(), 1));
    assertThat(document("k")).isEqualTo("null");
    assertThat(value("k")).isEqualTo(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0E7",
        "[-0,-0.0]",
        "{\"b\":1,\"a\":2}",
        "{\"aa\":1,\"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{\"\u00e9\":1,\"z\":2}",
        "{\"\\n\":1,\"z\":2}",
        "{\"a\":{\"y\":1,\"x\":2},\"b\":1}",
        "[1, 2]",
        " 1",
        "\"\\u00e9\"",
        "\"\\/\"",
        "\"\\u001f\""
      })
  void whatJsonbChangesIsKeptBesideIt(String json) {
    apply(put(agent, "k", json, position.epoch(), 1));
    assertThat(document("k")).isEqualTo(json);
    assertThat(value("k")).isEqualTo(json);
    apply(put(agent, "k", "1", position.epoch(), 2));
    assertThat(document("k")).isEqualTo("null");
    apply(put(agent, "k", json, position.epoch(), 3));
    apply(delete(agent, "k", position.epoch(), 4));
    assertThat(document("k")).isEqualTo("null");
  }

  @Test
  void aValueThatIsChangedByHandCounts() {
    apply(put(agent, "k", "[ 1.0E7 ]", position.epoch(), 1));
    database.execute("UPDATE agents.state SET updated_at = now()");
    assertThat(value("k")).isEqualTo("[ 1.0E7 ]");
    database.execute("UPDATE agents.state SET state_value = '[2, 3]'");
    assertThat(value("k")).isEqualTo("[2,3]");
  }

  private String value(String key) {
    return new String(
        store.sql().states().find(StateKey.of(agent, key)).orElseThrow().value(), UTF_8);
  }

  private String document(String key) {
    return database
        .query("SELECT state_document FROM agents.state WHERE state_key = '_." + key + "'")
        .get(0);
  }

  @Test
  void findsManyAtOnceTombstonesToo() {
    List<StateChange> changes = new ArrayList<>();
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      changes.add(
          i % 3 == 0
              ? delete(agent, "k" + i, position.epoch(), i + 1)
              : put(agent, "k" + i, String.valueOf(i), position.epoch(), i + 1));
      keys.add(StateKey.of(agent, "k" + i));
    }
    apply(changes.toArray(StateChange[]::new));
    keys.add(StateKey.of(agent, "absent"));
    keys.add(StateKey.of(AgentId.external("no uuid"), "k0"));
    keys.add(StateKey.of(agent, "k1"));

    var found = store.sql().states().findAll(keys);

    assertThat(found).hasSize(1_500);
    assertThat(found.values()).filteredOn(StoredState::deleted).hasSize(500);
    StoredState one = Objects.requireNonNull(found.get(StateKey.of(agent, "k1")));
    assertThat(new String(one.value(), UTF_8)).isEqualTo("1");
    assertThat(one.revision()).isEqualTo(new Revision.OfJournal(position.epoch(), 2));
  }

  @Test
  void sweepsWhatIsOldInBatchesAndNothingElse() {
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < 2_300; i++) {
      changes.add(delete(agent, "old" + i, position.epoch(), i + 1));
    }
    apply(changes.toArray(StateChange[]::new));
    apply(put(agent, "alive", "1", position.epoch(), 2_301));
    // A tombstone's age counts from its commit.
    database.execute(
        "UPDATE agents.state SET deleted_at = now() - interval '2 hours' WHERE state_key LIKE"
            + " '%.old%'");
    database.execute(
        "INSERT INTO agents.state (agent_id, state_key, state_value, expires_at, deleted_at)"
            + " VALUES ('%1$s', '_.expired', '1', now() - interval '2 hours', NULL),"
                .formatted(agent)
            + " ('%1$s', '_.fresh expired', '1', now() - interval '1 minute', NULL),"
                .formatted(agent)
            + " ('%1$s', '_.fresh tombstone', 'null', NULL, now() - interval '1 minute')"
                .formatted(agent));

    assertThat(store.sql().states().sweep(Duration.ofHours(1))).isEqualTo(2_301);

    assertThat(list("")).containsExactlyInAnyOrder("alive", "fresh expired", "fresh tombstone");
  }

  @Test
  void replaysADeadLetterOnceItsReasonIsGone() {
    Agent late = Agent.of("worker", "late");
    apply(
        put(late.id(), "a", "{\"v\": 1}", position.epoch(), 1),
        put(agent, "broken", "{", position.epoch(), 2));
    List<DeadLetter> open = store.sql().deadLetters().open(10);
    DeadLetter letter = open.get(0);
    assertThat(letter.key().orElseThrow().agent()).isEqualTo(late.id());
    assertThat(letter.writtenAt()).isEqualTo(Changes.WRITTEN);
    assertThat(
            store
                .sql()
                .deadLetters()
                .openFor("TEST", StateKey.of(late.id(), "a"), new Revision.OfJournal(1, 1)))
        .contains(letter);
    assertThat(
            store
                .sql()
                .deadLetters()
                .openFor(
                    "TEST",
                    StateKey.of(late.id(), "a"),
                    new Revision.OfJournal(position.epoch(), 2)))
        .isEmpty();
    assertThat(store.sql().deadLetters().openSubjects("TEST"))
        .hasSize(2)
        .contains(letter.subject());
    assertThat(store.sql().deadLetters().openSubjects("OTHER")).isEmpty();

    assertThat(replayFailure(letter.id())).isEqualTo(DataError.CONSTRAINT_VIOLATION);
    assertThat(store.sql().deadLetters().count()).isEqualTo(2);
    store.sql().agents().save(late, AgentStore.NONE);

    assertThat(store.sql().deadLetters().replay(letter.id())).isTrue();
    StoredState state = store.sql().states().find(StateKey.of(late.id(), "a")).orElseThrow();
    assertThat(state.revision()).isEqualTo(letter.revision());
    assertThat(replayFailure(letter.id())).isEqualTo(DataError.NOT_FOUND);
    assertThat(replayFailure(open.get(1).id())).isEqualTo(DataError.CONSTRAINT_VIOLATION);
    assertThat(store.sql().deadLetters().open(10)).containsExactly(open.get(1));
  }

  private DataError replayFailure(UUID id) {
    return catchThrowableOfType(
            PersistenceException.class, () -> store.sql().deadLetters().replay(id))
        .error();
  }
}
