package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.delete;
import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures of a row and failures of the table are told apart, with any SQLSTATE. */
@Tag("contract")
class IsolationIT {

  private static final String BUCKET = "TEST";
  private static final Instant CREATED = Instant.parse("2026-03-01T09:00:00.123456789Z");

  private PostgresDatabase database;
  private PostgresStore store;
  private AgentId agent;
  private JournalPosition position;
  private long sequence;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store =
        PostgresDatabase.open(
            database.config().toBuilder()
                .acquireTimeout(Duration.ofSeconds(5))
                .statementTimeout(Duration.ofSeconds(4))
                .build());
    agent = store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    position = store.sql().journals().startEpoch(BUCKET, Optional.empty(), 1, CREATED, "first");
  }

  @AfterEach
  void close() {
    store.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "45000", "P0001", "XX000", "42501", "42703", "54000", "58030", "0A000", "38000", "23514",
        "21000", "55000"
      })
  void aRowThatATriggerRefusesIsIsolatedWhateverTheSqlState(String sqlState) {
    raise("WHEN (NEW.state_key LIKE '%.bad%')", "BEFORE INSERT OR UPDATE", sqlState);
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      changes.add(change(i % 20 == 7 ? "bad-" + i : "good-" + i));
    }
    assertThat(apply(changes).refused()).hasSize(3);
    assertThat(count("agents.state")).isEqualTo(57);
    assertThat(store.sql().deadLetters().open(10))
        .hasSize(3)
        .allMatch(letter -> letter.sqlState().equals(Optional.of(sqlState)))
        .allMatch(letter -> letter.reason().contains(sqlState));
  }

  @ParameterizedTest
  @ValueSource(strings = {"45000", "P0001", "XX000", "42501", "23514", "58030"})
  void aTableThatRefusesAllAlikeHoldsTheBatch(String sqlState) {
    apply(List.of(change("before")));
    raise("", "BEFORE INSERT OR UPDATE", sqlState);
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      changes.add(i == 50 ? put(agent, "no json", "{", 1, ++sequence) : change("k" + i));
    }
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> apply(changes))
          .isInstanceOf(PersistenceException.class)
          .hasMessageContaining(sqlState)
          .hasMessageContaining("writes wait in the journal");
    }
    assertThat(store.sql().deadLetters().count()).isZero();
    assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence())
        .isEqualTo(position.sequence());

    database.execute("DROP TRIGGER raises ON agents.state");
    assertThat(apply(changes).refused()).hasSize(1);
    assertThat(count("agents.state")).isEqualTo(100);
  }

  @Test
  void aTableWithoutRowsThatRefusesAllAlikeHoldsTheBatch() {
    raise("", "AFTER INSERT", "P0001");
    List<StateChange> changes = List.of(change("a"), change("b"));
    assertThatThrownBy(() -> apply(changes)).hasMessageContaining("P0001");
    assertThat(store.sql().deadLetters().count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE", "AFTER UPDATE"})
  void theProbeInsertsAndUpdatesLikeTheFlush(String when) {
    apply(List.of(change("a"), change("b")));
    raise("", when, "P0001");
    List<StateChange> changes =
        when.contains("INSERT")
            ? List.of(change("c"), change("d"))
            : List.of(change("a"), change("b"));
    assertThatThrownBy(() -> apply(changes)).hasMessageContaining("P0001");
    assertThat(store.sql().deadLetters().count()).isZero();
  }

  @Test
  void aBadRowThatIsAloneIsIsolatedToo() {
    raise("WHEN (NEW.state_key LIKE '%.bad%')", "BEFORE INSERT OR UPDATE", "45000");
    assertThat(apply(List.of(change("bad"))).refused()).hasSize(1);
    assertThat(apply(List.of(change("bad"), change("bad 2"))).refused()).hasSize(2);
    assertThat(count("agents.state")).as("the probe leaves nothing").isZero();
    assertThat(apply(List.of(change("good"))).refused()).isEmpty();
  }

  @Test
  void allOfAnUnknownAgentAreDeadLetters() {
    List<StateChange> changes = new ArrayList<>();
    AgentId unknown = AgentId.random();
    for (int i = 0; i < 50; i++) {
      changes.add(put(unknown, "k" + i, "1", 1, ++sequence));
    }
    assertThat(apply(changes).refused()).hasSize(50);
    database.execute("DELETE FROM agents.registry");
    assertThat(apply(List.of(put(unknown, "k", "1", 1, ++sequence))).refused())
        .as("where no agent is registered at all")
        .hasSize(1);
  }

  @Test
  void neighboursThatPassAreProofWhereTheProbeIsRefused() {
    // The probe's value is '{}' while there are no rows.
    raise("WHEN (NEW.state_value = '{}' OR NEW.state_key LIKE '%.bad%')", "BEFORE INSERT", "P0001");
    assertThatThrownBy(() -> apply(List.of(change("bad")))).hasMessageContaining("P0001");
    assertThat(apply(List.of(change("bad"), change("good"))).refused()).hasSize(1);
    assertThat(count("agents.state")).isEqualTo(1);
  }

  @Test
  void aDeleteThatFindsNothingIsNoProof() {
    raise("", "BEFORE INSERT OR UPDATE", "P0001");
    assertThatThrownBy(
            () -> apply(List.of(change("a"), delete(AgentId.random(), "b", 1, ++sequence))))
        .hasMessageContaining("P0001");
    assertThat(store.sql().deadLetters().count()).isZero();
  }

  @Test
  void aLockedRowRunsOutOfTimeAndIsLeftOutAlone() throws SQLException {
    apply(List.of(change("locked"), change("free")));
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT 1 FROM agents.state WHERE state_key LIKE '%.locked' FOR UPDATE");

      List<StateChange> both = List.of(change("locked"), change("free"));
      assertThat(store.sql().journals().apply(position, next(both), both))
          .isInstanceOf(ApplyResult.OutOfTime.class);
      assertThat(apply(both.subList(0, 1)).refused()).hasSize(1);
      assertThat(apply(both.subList(1, 2)).refused()).isEmpty();
      DeadLetter letter = store.sql().deadLetters().open(1).get(0);
      assertThat(letter.error()).isEqualTo(DataError.TRANSACTION_CONFLICT);
      assertThat(letter.sqlState()).contains("55P03");
      other.rollback();
      assertThat(store.sql().deadLetters().replay(letter.id())).isTrue();
    }
  }

  @Test
  void aStepWithALockedRowIsLeftOutAndNothingElse() throws SQLException {
    apply(List.of(change("locked"), change("free")));
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT 1 FROM agents.state WHERE state_key LIKE '%.locked' FOR UPDATE");

      List<StateChange> all =
          List.of(
              change("a").inStep("late"),
              change("locked").inStep("late"),
              change("z").inStep("late"),
              change("b").inStep("other"),
              change("y").inStep("other"),
              change("free"),
              put(agent, "no json", "{", 1, ++sequence));
      assertThat(store.sql().journals().apply(position, next(all), all))
          .isInstanceOf(ApplyResult.OutOfTime.class);
      assertThat(refused(applySingly(all)))
          .containsExactlyInAnyOrder("a", "locked", "z", "no json");
      assertThat(rows()).containsExactly("b", "free", "locked", "y");
      List<DeadLetter> letters = store.sql().deadLetters().open(10);
      assertThat(letters)
          .filteredOn(letter -> letter.sqlState().equals(Optional.of("55P03")))
          .hasSize(3)
          .allMatch(letter -> letter.error() == DataError.TRANSACTION_CONFLICT);
    }
  }

  @Test
  void aStepWithARowThatRunsIntoTheStatementTimeoutIsLeftOut() {
    apply(List.of(change("free")));
    slowFor("%.slow");
    List<StateChange> all =
        List.of(change("a").inStep("late"), change("slow").inStep("late"), change("free"));
    assertThat(store.sql().journals().apply(position, next(all), all))
        .isInstanceOf(ApplyResult.OutOfTime.class);
    assertThat(refused(applySingly(all))).containsExactlyInAnyOrder("a", "slow");
    assertThat(rows()).containsExactly("free");
  }

  @Test
  void whereNoAgentIsRegisteredASlowStepIsLeftOutToo() {
    AgentId thread = AgentId.external("thread 7");
    database.execute("DELETE FROM agents.registry");
    slowFor("%.slow%");
    List<StateChange> step =
        List.of(
            put(thread, "slow 1", "1", 1, ++sequence).inStep("late"),
            put(thread, "slow 2", "1", 1, ++sequence).inStep("late"));
    assertThat(refused(applySingly(step))).containsExactlyInAnyOrder("slow 1", "slow 2");
  }

  @Test
  void aTableThatTakesNothingInTimeHoldsTheStep() {
    apply(List.of(change("free")));
    slowFor("%");
    List<StateChange> step = List.of(change("a").inStep("late"), change("b").inStep("late"));
    assertThatThrownBy(() -> store.sql().journals().applySingly(position, next(step), step))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("57014");
    assertThat(store.sql().deadLetters().count()).isZero();
  }

  private void slowFor(String keys) {
    database.execute(
        """
        CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_sleep(60);
          RETURN NEW;
        END $$;
        CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON agents.state
          FOR EACH ROW WHEN (NEW.state_key LIKE '%s') EXECUTE FUNCTION slow()
        """
            .formatted(keys));
  }

  private ApplyResult.Applied applySingly(List<StateChange> changes) {
    JournalPosition next = next(changes);
    ApplyResult result = store.sql().journals().applySingly(position, next, changes);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    position = next;
    return (ApplyResult.Applied) result;
  }

  private static List<String> refused(ApplyResult.Applied applied) {
    return applied.refused().stream().map(r -> r.change().key().orElseThrow().key()).toList();
  }

  private List<String> rows() {
    return store.sql().states().findByAgent(agent, "").stream()
        .map(row -> row.key().key())
        .sorted()
        .toList();
  }

  private ApplyResult.Applied apply(List<StateChange> changes) {
    JournalPosition next = next(changes);
    ApplyResult result = store.sql().journals().apply(position, next, changes);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    position = next;
    return (ApplyResult.Applied) result;
  }

  private JournalPosition next(List<StateChange> changes) {
    return position.advancedTo(position.sequence() + changes.size(), Changes.WRITTEN);
  }

  private StateChange change(String key) {
    return put(agent, key, "{\"n\": " + ++sequence + "}", 1, sequence);
  }

  private long count(String table) {
    return Long.parseLong(database.query("SELECT count(*) FROM " + table).get(0));
  }

  private void raise(String condition, String when, String sqlState) {
    database.execute(
        """
        CREATE FUNCTION raises() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'not now' USING ERRCODE = '%s';
        END $$;
        CREATE TRIGGER raises %s ON agents.state
          FOR EACH ROW %s EXECUTE FUNCTION raises()
        """
            .formatted(sqlState, when, condition));
  }
}
