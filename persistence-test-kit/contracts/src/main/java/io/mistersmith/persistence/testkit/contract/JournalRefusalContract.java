package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the durable store promises of changes that it refuses: they become dead letters, with the
 * rest of their step, and stop nobody.
 */
public abstract class JournalRefusalContract extends DurableContract {

  /** For implementations. */
  protected JournalRefusalContract() {}

  @Test
  void aBadEntryStopsNobody() {
    AgentId agent = register();
    StateKey good = StateKey.of(agent, "good");
    StateKey gone = StateKey.of(agent, "gone");
    StateKey better = StateKey.of(agent, "better");
    StateChange bad = put(StateKey.of(AgentId.random(), "key"), at(2), "{\"secret\":42}");
    ApplyResult.Applied applied =
        apply(put(good, at(1), "1"), bad, delete(gone, at(3)), put(better, at(4), "4"));

    assertThat(applied.refused()).hasSize(1);
    assertThat(applied.refused().get(0).change()).isSameAs(bad);
    assertThat(applied.refused().get(0).reason()).isNotBlank().doesNotContain("secret");
    assertThat(json(good)).isEqualTo("1");
    assertThat(row(gone).deleted()).isTrue();
    assertThat(json(better)).isEqualTo("4");
    assertThat(stores().sql().deadLetters().count()).isEqualTo(1);
    assertThat(position().sequence()).as("the position is past it").isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{\"a\"}",
        "[1,]",
        "1 2",
        "nul",
        "NaN",
        "-Infinity",
        "01",
        "1.",
        "'text'",
        "\"open",
        "\"\\x\"",
        "\"\\u0000\"",
        "{\"a\\u0000\":1}",
        "\"\\ud83e\"",
        "\"\\udd16\"",
        "\"\\udd16\\ud83e\"",
        "\"\u0001\"",
        "1e200000"
      })
  void whatIsNoJsonForTheDatabaseIsRefused(String value) {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    StateKey neighbour = StateKey.of(agent, "neighbour");
    assertThat(apply(put(key, at(1), value), put(neighbour, at(2), "2")).refused()).hasSize(1);
    assertThat(stores().sql().states().find(key)).isEmpty();
    assertThat(json(neighbour)).isEqualTo("2");
  }

  @Test
  void whatIsNoTextIsRefused() {
    StateKey key = StateKey.of(register(), "key");
    StateChange change = raw("broken", Optional.of(key), new byte[] {'"', (byte) 0xc3, '"'}, 1);
    StateChange nul =
        raw("nul", Optional.of(StateKey.of(key.agent(), "nul")), new byte[] {'"', 0, '"'}, 2);
    assertThat(apply(change, nul).refused()).hasSize(2);
    assertThat(stores().sql().states().find(key)).isEmpty();
  }

  @Test
  void anOwnerThatIsNoRegisteredAgentIsRefused() {
    StateKey stranger = StateKey.of(AgentId.random(), "key");
    assertThat(apply(put(stranger, at(1), "1")).refused()).hasSize(1);
    assertThat(stores().sql().states().find(stranger)).isEmpty();
  }

  @Test
  void aRefusedChangeTakesTheOthersOfItsStepAlong() {
    AgentId agent = register();
    StateKey before = StateKey.of(agent, "before");
    StateKey bad = StateKey.of(agent, "bad");
    StateKey after = StateKey.of(agent, "after");
    StateKey other = StateKey.of(agent, "other");
    StateKey alone = StateKey.of(agent, "alone");
    ApplyResult.Applied applied =
        apply(
            put(before, at(1), "1").inStep("torn"),
            put(bad, at(2), "no JSON").inStep("torn"),
            put(after, at(3), "3").inStep("torn"),
            put(other, at(4), "4").inStep("whole"),
            put(alone, at(5), "5"));
    assertThat(applied.refused())
        .extracting(refusal -> refusal.change().key().orElseThrow())
        .containsExactlyInAnyOrder(before, bad, after);
    assertThat(stores().sql().states().findByAgent(agent, ""))
        .extracting(StoredState::key)
        .containsExactlyInAnyOrder(other, alone);
    assertThat(stores().sql().deadLetters().openSubjects(BUCKET)).hasSize(3);
  }

  @Test
  void writtenSinglyABatchLeavesTheSame() {
    AgentId agent = register();
    StateKey first = StateKey.of(agent, "a");
    StateKey bad = StateKey.of(agent, "bad");
    StateKey good = StateKey.of(agent, "good");
    List<StateChange> changes =
        List.of(
            put(first, at(1), "1").inStep("torn"),
            put(bad, at(2), "no JSON").inStep("torn"),
            put(good, at(3), "3").inStep("whole"));
    JournalPosition before = position();
    JournalPosition next = before.advancedTo(3, CREATED.plusNanos(3));
    assertThat(stores().sql().journals().applySingly(before, next, changes))
        .isInstanceOfSatisfying(
            ApplyResult.Applied.class, applied -> assertThat(applied.refused()).hasSize(2));
    assertThat(stores().sql().journals().position(BUCKET)).contains(next);
    assertThat(stores().sql().states().findByAgent(agent, ""))
        .extracting(StoredState::key)
        .containsExactly(good);
    assertThat(stores().sql().journals().applySingly(before, next, changes))
        .isEqualTo(new ApplyResult.PositionMoved());
  }

  @Test
  void aStepWithAChangeThatNobodyCanReadIsRefusedWhole() {
    AgentId agent = register();
    StateKey good = StateKey.of(agent, "good");
    StateKey bad = StateKey.of(agent, "bad");
    StateChange unreadable = raw("bad", Optional.of(bad), new byte[] {'"', (byte) 0xc3, '"'}, 2);
    assertThat(apply(put(good, at(1), "1").inStep("it"), unreadable.inStep("it")).refused())
        .hasSize(2);
    assertThat(stores().sql().states().findByAgent(agent, "")).isEmpty();
  }

  @Test
  void aSubjectWithoutKeyIsRefused() {
    StateChange foreign = raw("lonely", Optional.empty(), "1".getBytes(UTF_8), 1);
    assertThat(apply(foreign).refused()).hasSize(1);
    assertThat(stores().sql().deadLetters().openSubjects(BUCKET))
        .containsExactly(foreign.subject());
  }

  /** A write of bytes that need be no JSON. */
  private StateChange raw(String name, Optional<StateKey> key, byte[] value, long sequence) {
    return new StateChange(
        "$KV." + BUCKET + "." + name,
        key,
        Operation.PUT,
        value,
        at(sequence),
        now(),
        Optional.empty());
  }
}
