package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.delete;
import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.ApplyResult;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateChange;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The flush transaction: all or nothing, bad rows apart, and never backwards. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class PostgresJournalStoreIT {

  private static final String BUCKET = "TEST";
  private static final Instant CREATED = Instant.parse("2026-03-01T09:00:00.123456789Z");

  @Parameter int version;

  private PostgresDatabase database;
  private PostgresStore store;
  private UUID agent;
  private JournalPosition start;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create(version);
    store = database.open();
    agent = store.agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    start = store.journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private ApplyResult apply(long from, long to, StateChange... changes) {
    return store
        .journals()
        .apply(at(from), at(from).advancedTo(to, Changes.WRITTEN), List.of(changes));
  }

  private JournalPosition at(long sequence) {
    return start.advancedTo(sequence, Instant.EPOCH);
  }

  private String value(String key) {
    StoredState state = store.states().find(StateKey.of(agent, key)).orElseThrow();
    return new String(state.value(), UTF_8);
  }

  @Test
  void movesThePositionWithTheRows() {
    apply(0, 3, put(agent, "a", "{\"n\": 1}", start.epoch(), 3));

    JournalPosition position = store.journals().position(BUCKET).orElseThrow();
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
    UUID unknown = UUID.randomUUID();
    changes.set(3, put(unknown, "x", "1", epoch, 4));
    changes.set(17, put(agent, "nul", "\"a\\u0000b\"", epoch, 18));
    changes.set(18, put(agent, "broken", "{\"a\": ", epoch, 19));
    changes.set(90, put(agent, "huge", "1e200000", epoch, 91));
    changes.set(91, put(agent, "empty", "", epoch, 92));
    changes.set(120, put(StateKey.of("not-a-uuid", "x"), "1".getBytes(UTF_8), epoch, 121));
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
            new Revision(epoch, 200),
            Changes.WRITTEN,
            Optional.empty()));
    changes.set(150, delete(unknown, "never there", epoch, 151));

    ApplyResult result =
        store.journals().apply(start, start.advancedTo(200, Changes.WRITTEN), changes);

    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    assertThat(((ApplyResult.Applied) result).refused())
        .extracting(refusal -> refusal.change().revision().sequence())
        .containsExactlyInAnyOrder(4L, 18L, 19L, 91L, 92L, 121L, 122L, 123L, 200L);
    assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("190");
    assertThat(store.journals().position(BUCKET).orElseThrow().sequence()).isEqualTo(200);
    assertThat(store.deadLetters().open(100))
        .extracting(letter -> letter.revision().sequence(), DeadLetter::error)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(4L, DataError.CONSTRAINT_VIOLATION),
            org.assertj.core.groups.Tuple.tuple(18L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(19L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(91L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(92L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(121L, DataError.INVALID_KEY),
            org.assertj.core.groups.Tuple.tuple(122L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(123L, DataError.SERIALIZATION_ERROR),
            org.assertj.core.groups.Tuple.tuple(200L, DataError.INVALID_KEY));
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
  void keepsALeaseToItsHolderUntilItEnds() {
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    assertThat(store.journals().acquireLease(BUCKET, "a", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("1");
    store.journals().releaseLease(BUCKET, "b");
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isFalse();
    store.journals().releaseLease(BUCKET, "a");
    assertThat(store.journals().acquireLease(BUCKET, "b", Duration.ofSeconds(30))).isTrue();
    assertThat(database.query("SELECT fencing_token FROM agents.journal_leases"))
        .containsExactly("2");
  }
}
