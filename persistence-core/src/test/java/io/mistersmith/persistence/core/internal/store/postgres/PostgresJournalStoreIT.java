package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.delete;
import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The flush transaction: all or nothing, bad rows apart, and never backwards. */
@Tag("contract")
class PostgresJournalStoreIT {

  private static final String BUCKET = "TEST";
  private static final Instant CREATED = Instant.parse("2026-03-01T09:00:00.123456789Z");

  private PostgresDatabase database;
  private PostgresStore store;
  private AgentId agent;
  private JournalPosition start;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
    agent = store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    start = store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private ApplyResult apply(long from, long to, StateChange... changes) {
    return store
        .sql()
        .journals()
        .apply(at(from), at(from).advancedTo(to, Changes.WRITTEN), List.of(changes));
  }

  private JournalPosition at(long sequence) {
    return start.advancedTo(sequence, Instant.EPOCH);
  }

  private String value(String key) {
    StoredState state = store.sql().states().find(StateKey.of(agent, key)).orElseThrow();
    return new String(state.value(), UTF_8);
  }

  @Test
  void movesThePositionWithTheRows() {
    apply(0, 3, put(agent, "a", "{\"n\": 1}", start.epoch(), 3));

    JournalPosition position = store.sql().journals().position(BUCKET).orElseThrow();
    assertThat(position.sequence()).isEqualTo(3);
    assertThat(position.messageTime()).isEqualTo(Changes.WRITTEN);
    assertThat(position.streamCreated()).isEqualTo(CREATED);
    assertThat(value("a")).isEqualTo("{\"n\": 1}");
    assertThat(database.query("SELECT checksum FROM agents.state"))
        .containsExactly("e5d5f7c1d225fd6b13623ebb1b5b9d075c705659f81868b1e37005a0923b0346");
  }

  @Test
  void isolatesBadRowsOfEveryKindAmongGoodOnes() {
    long epoch = start.epoch();
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      changes.add(put(agent, "good-" + i, "{\"i\": " + i + "}", epoch, i + 1));
    }
    AgentId unknown = AgentId.random();
    changes.set(3, put(unknown, "x", "1", epoch, 4));
    changes.set(17, put(agent, "nul", "\"a\\u0000b\"", epoch, 18));
    changes.set(18, put(agent, "broken", "{\"a\": ", epoch, 19));
    changes.set(90, put(agent, "huge", "1e200000", epoch, 91));
    changes.set(91, put(agent, "empty", "", epoch, 92));
    changes.set(
        120,
        put(StateKey.of(AgentId.external("not-a-uuid"), "x"), "1".getBytes(UTF_8), epoch, 121));
    changes.set(
        121, put(StateKey.of(agent, "bytes"), new byte[] {'"', (byte) 0xC3, '"'}, epoch, 122));
    changes.set(122, put(agent, "deep", "[".repeat(100_000) + "]".repeat(100_000), epoch, 123));
    changes.set(
        199,
        new StateChange(
            "$KV.TEST.=zz",
            Optional.empty(),
            Operation.PUT,
            "1".getBytes(UTF_8),
            new Revision.OfJournal(epoch, 200),
            Changes.WRITTEN,
            Optional.empty()));
    changes.set(150, delete(unknown, "never there", epoch, 151));

    ApplyResult result =
        store.sql().journals().apply(start, start.advancedTo(200, Changes.WRITTEN), changes);

    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    assertThat(((ApplyResult.Applied) result).refused())
        .extracting(refusal -> refusal.change().revision().sequence())
        .containsExactlyInAnyOrder(4L, 18L, 19L, 91L, 92L, 122L, 123L, 200L);
    assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("191");
    assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence()).isEqualTo(200);
    assertThat(store.sql().deadLetters().open(100))
        .extracting(letter -> letter.revision().sequence(), DeadLetter::error)
        .containsExactly(
            tuple(4L, DataError.CONSTRAINT_VIOLATION),
            tuple(18L, DataError.SERIALIZATION_ERROR),
            tuple(19L, DataError.SERIALIZATION_ERROR),
            tuple(91L, DataError.SERIALIZATION_ERROR),
            tuple(92L, DataError.SERIALIZATION_ERROR),
            tuple(122L, DataError.SERIALIZATION_ERROR),
            tuple(123L, DataError.SERIALIZATION_ERROR),
            tuple(200L, DataError.INVALID_KEY));
    assertThat(database.query("SELECT reason FROM agents.dead_letters WHERE sequence = 4"))
        .first()
        .asString()
        .contains("23503", "state_agent_id_fkey", "agents.state")
        .doesNotContain(unknown.toString());
    assertThat(
            database.query(
                "SELECT encode(value, 'hex') FROM agents.dead_letters WHERE sequence = 122"))
        .containsExactly("22c322");
  }

  @Test
  void neverReplacesARowByAnOlderOne() {
    apply(0, 5, put(agent, "a", "5", start.epoch(), 5));
    apply(5, 6, put(agent, "a", "4", start.epoch(), 4), delete(agent, "b", start.epoch(), 6));
    apply(6, 7, put(agent, "b", "3", start.epoch(), 3));

    assertThat(value("a")).isEqualTo("5");
    assertThat(store.sql().states().find(StateKey.of(agent, "b")).orElseThrow().deleted()).isTrue();

    apply(7, 8, put(agent, "a", "1", start.epoch() + 1, 1));

    assertThat(value("a")).isEqualTo("1");
  }

  @Test
  void leavesATombstoneForAKeyThatWasNeverStored() {
    ApplyResult result =
        apply(
            0,
            2,
            delete(agent, "gone", start.epoch(), 1),
            delete(AgentId.random(), "nobody's", start.epoch(), 2));

    assertThat(result).isEqualTo(new ApplyResult.Applied(List.of()));
    // Its age counts from the commit, which is later than the write.
    assertThat(
            database.query(
                "SELECT state_key || state_value || (now() - deleted_at < interval '1 hour')"
                    + " FROM agents.state"))
        .hasSize(1)
        .first()
        .asString()
        .isEqualTo("_.gonenulltrue");
    apply(2, 3, put(agent, "gone", "\"back\"", start.epoch(), 3));
    StoredState back = store.sql().states().find(StateKey.of(agent, "gone")).orElseThrow();
    assertThat(back.deleted()).isFalse();
    assertThat(back.revision()).isEqualTo(new Revision.OfJournal(start.epoch(), 3));
    assertThat(back.writtenAt()).isEqualTo(Changes.WRITTEN);
  }

  @Test
  void refusesABatchThatBeganElsewhere() {
    apply(0, 5, put(agent, "a", "5", start.epoch(), 5));

    assertThat(apply(0, 7, put(agent, "b", "7", start.epoch(), 7)))
        .isEqualTo(new ApplyResult.PositionMoved());
    assertThat(store.sql().states().find(StateKey.of(agent, "b"))).isEmpty();
    assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence()).isEqualTo(5);
  }

  @Test
  void aLaterWriteSupersedesOpenDeadLetters() {
    apply(0, 2, put(agent, "a", "{", start.epoch(), 1), put(agent, "other", "{", start.epoch(), 2));
    apply(2, 3, put(agent, "a", "{{", start.epoch(), 3));
    assertThat(store.sql().deadLetters().count()).isEqualTo(3);

    apply(3, 4, put(agent, "a", "4", start.epoch(), 4));

    assertThat(store.sql().deadLetters().open(10))
        .extracting(letter -> letter.key().orElseThrow().key())
        .containsExactly("other");
    assertThat(database.query("SELECT status FROM agents.dead_letters ORDER BY sequence"))
        .containsExactly("superseded", "open", "superseded");
  }

  @Test
  void keepsExpiryAndEndsItWithTheNextWriteWithoutOne() {
    StateChange plain = put(agent, "a", "1", start.epoch(), 1);
    Instant expires = Instant.parse("2026-03-01T10:30:00.250Z");
    apply(
        0,
        2,
        expiring(plain, expires),
        expiring(put(agent, "b", "1", start.epoch(), 2), Instant.MAX));

    assertThat(store.sql().states().find(StateKey.of(agent, "a")).orElseThrow().expiresAt())
        .contains(expires);
    assertThat(store.sql().states().find(StateKey.of(agent, "b")).orElseThrow().expiresAt())
        .contains(Instant.parse("9999-12-31T23:59:59.999999Z"));
    apply(2, 3, put(agent, "a", "2", start.epoch(), 3));
    assertThat(store.sql().states().find(StateKey.of(agent, "a")).orElseThrow().expiresAt())
        .isEmpty();
  }

  private static StateChange expiring(StateChange change, Instant at) {
    return new StateChange(
        change.subject(),
        change.key(),
        change.operation(),
        change.value(),
        change.revision(),
        change.writtenAt(),
        Optional.of(at));
  }

  @Test
  void aRefusalOfTheWholeDatabaseIsNoDeadLetter() {
    database.execute("ALTER TABLE agents.state RENAME COLUMN checksum TO renamed");

    assertThatThrownBy(() -> apply(0, 1, put(agent, "a", "1", start.epoch(), 1)))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED));
    assertThat(store.sql().deadLetters().count()).isZero();
    assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence()).isZero();
  }
}
