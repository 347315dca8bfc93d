package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The contract of a store that keeps copies of agents' states. */
public abstract class CheckpointStoreContract extends DurableContract {

  /** For implementations. */
  protected CheckpointStoreContract() {}

  private CheckpointStore checkpoints() {
    return stores().sql().checkpoints();
  }

  private NewCheckpoint request(AgentId agent, Optional<UUID> parent) {
    return new NewCheckpoint(
        UUID.randomUUID(),
        agent,
        BUCKET,
        Optional.empty(),
        now(),
        Optional.empty(),
        Optional.empty(),
        parent,
        false);
  }

  private Checkpoint create(AgentId agent) {
    return checkpoints().create(request(agent, Optional.empty()));
  }

  private Checkpoint createAfter(Checkpoint parent) {
    return checkpoints().create(request(parent.agent(), Optional.of(parent.id())));
  }

  /** The values by key. */
  private Map<String, String> content(Checkpoint checkpoint) {
    return checkpoints().entries(checkpoint.id()).stream()
        .collect(Collectors.toMap(entry -> entry.key().key(), entry -> compact(entry.value())));
  }

  @Test
  void holdsWhatLivesThenAsItWas() {
    AgentId agent = register();
    Instant soon = now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);
    Provenance from = Provenance.of(new HybridTimestamp(1_700_000_000_000L, 7, "node~1"));
    StateKey known = StateKey.of(agent, "of-known-origin");
    apply(
        put(StateKey.of(agent, "a.\u65e5'\""), at(1), "{\"n\": [1, null, {}]}"),
        put(StateKey.of(agent, "gone"), at(2), "2"),
        put(StateKey.of(agent, "over"), at(3), "3", Optional.of(now().minusSeconds(1))),
        put(StateKey.of(agent, "ends"), at(4), "null", Optional.of(soon)),
        new StateChange(
            "$KV." + BUCKET + "." + known,
            Optional.of(known),
            Operation.PUT,
            "\"x\"".getBytes(UTF_8),
            at(5),
            now(),
            Optional.empty(),
            Optional.of(from)));
    apply(delete(StateKey.of(agent, "gone"), at(6)));
    apply(put(StateKey.of(register(), "another"), at(7), "7"));

    NewCheckpoint request =
        new NewCheckpoint(
            UUID.randomUUID(),
            agent,
            BUCKET,
            Optional.of(at(7)),
            now(),
            Optional.of("before \u65e5"),
            Optional.of("upgrade"),
            Optional.empty(),
            false);
    Checkpoint made = checkpoints().create(request);
    apply(put(known, at(8), "\"changed\""));

    assertThat(made.id()).isEqualTo(request.id());
    assertThat(made.agent()).isEqualTo(agent);
    assertThat(made.name()).contains("before \u65e5");
    assertThat(made.trigger()).contains("upgrade");
    assertThat(made.isIncremental()).isFalse();
    assertThat(made.position()).contains(at(7));
    assertThat(made.kvRevision()).isEqualTo(OptionalLong.of(6));
    assertThat(made.entries()).isEqualTo(3);
    assertThat(made.bytes()).isBetween(40L, 90L);
    assertThat(made.deadLetters()).isZero();
    assertThat(checkpoints().find(made.id())).contains(made);

    List<StoredState> entries = checkpoints().entries(made.id());
    assertThat(entries)
        .extracting(entry -> entry.key().key())
        .containsExactly("a.\u65e5'\"", "ends", "of-known-origin");
    assertThat(entries).allMatch(entry -> entry.key().agent().equals(agent));
    assertThat(entries).extracting(StoredState::revision).containsExactly(at(1), at(4), at(5));
    assertThat(entries)
        .extracting(entry -> compact(entry.value()))
        .containsExactly("{\"n\":[1,null,{}]}", "null", "\"x\"");
    assertThat(entries)
        .extracting(StoredState::expiresAt)
        .containsExactly(Optional.empty(), Optional.of(soon), Optional.empty());
    assertThat(entries)
        .extracting(StoredState::provenance)
        .containsExactly(Optional.empty(), Optional.empty(), Optional.of(from));
  }

  @Test
  void refusesToBeMadeBeforeTheJournalIsAppliedThatFar() {
    AgentId agent = register();
    apply(put(StateKey.of(agent, "k"), at(1), "1"));
    for (Revision.OfJournal missing : List.of(at(2), new Revision.OfJournal(2, 1))) {
      NewCheckpoint request =
          new NewCheckpoint(
              UUID.randomUUID(),
              agent,
              BUCKET,
              Optional.of(missing),
              now(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              false);
      assertThatThrownBy(() -> checkpoints().create(request))
          .isInstanceOf(TransientPersistenceException.class)
          .hasMessageContaining(agent.toString())
          .hasMessageContaining(missing.toString());
    }
    assertThat(checkpoints().list(agent)).isEmpty();
  }

  @Test
  void whatIsUnknownIsNotFound() {
    AgentId agent = register();
    Checkpoint others = create(register());
    assertFails(DataError.NOT_FOUND, () -> create(AgentId.random()));
    assertFails(
        DataError.NOT_FOUND,
        () -> checkpoints().create(request(agent, Optional.of(UUID.randomUUID()))));
    assertFails(
        DataError.NOT_FOUND, () -> checkpoints().create(request(agent, Optional.of(others.id()))));
    assertFails(DataError.NOT_FOUND, () -> checkpoints().entries(UUID.randomUUID()));
    assertThat(checkpoints().find(UUID.randomUUID())).isEmpty();
    assertThat(checkpoints().list(agent)).isEmpty();
  }

  @Test
  void anAgentWithoutStateOrJournalHasAnEmptyOne() {
    Checkpoint made = create(register());
    assertThat(made.position()).isEmpty();
    assertThat(made.kvRevision()).isEmpty();
    assertThat(made.entries()).isZero();
    assertThat(made.bytes()).isZero();
    assertThat(checkpoints().entries(made.id())).isEmpty();
  }

  @Test
  void openDeadLettersAreAReasonNotToMakeOne() {
    Agent late = Agent.of("contract", "late");
    apply(
        put(StateKey.of(late.id(), "k"), at(1), "1"), put(StateKey.of(late.id(), "l"), at(2), "2"));
    apply(put(StateKey.of(late.id(), "l"), at(3), "3"));
    stores().sql().agents().save(late, AgentStore.NONE);
    apply(put(StateKey.of(late.id(), "k"), at(4), "4"));

    assertFails(DataError.DEAD_LETTERED, () -> create(late.id()));
    Checkpoint made = checkpoints().create(lenient(late.id(), BUCKET));
    assertThat(made.deadLetters()).as("keys, not letters").isEqualTo(1);
    assertThat(content(made)).isEqualTo(Map.of("k", "4"));
    assertThat(checkpoints().create(lenient(late.id(), "ANOTHER")).deadLetters())
        .as("of the bucket that it is made of")
        .isZero();
    apply(put(StateKey.of(late.id(), "l"), at(6), "6"));
    assertThat(content(create(late.id()))).isEqualTo(Map.of("k", "4", "l", "6"));
  }

  private NewCheckpoint lenient(AgentId agent, String bucket) {
    return new NewCheckpoint(
        UUID.randomUUID(),
        agent,
        bucket,
        Optional.empty(),
        now(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        true);
  }

  @Test
  void theSameSequenceOfAnotherEpochIsAChange() {
    AgentId agent = register();
    apply(put(StateKey.of(agent, "k"), at(1), "1"));
    Checkpoint first = create(agent);
    apply(put(StateKey.of(agent, "k"), new Revision.OfJournal(2, 1), "2"));
    assertThat(content(createAfter(first))).isEqualTo(Map.of("k", "2"));
  }

  @Test
  void oneOfChangesHoldsWhatItsParentDoesNotSay() {
    AgentId agent = register();
    String large = "\"" + "x".repeat(3_000) + "\"";
    apply(
        put(StateKey.of(agent, "same"), at(1), large),
        put(StateKey.of(agent, "changed"), at(2), "1"),
        put(StateKey.of(agent, "deleted"), at(3), "1"),
        put(StateKey.of(agent, "back"), at(4), "1"));
    Checkpoint first = create(agent);
    apply(
        put(StateKey.of(agent, "changed"), at(5), "2"),
        delete(StateKey.of(agent, "deleted"), at(6)),
        delete(StateKey.of(agent, "back"), at(7)),
        put(StateKey.of(agent, "new"), at(8), "2"));
    Checkpoint second = createAfter(first);
    apply(put(StateKey.of(agent, "back"), at(9), "3"));
    Checkpoint third = createAfter(second);

    assertThat(second.parent()).contains(first.id());
    assertThat(second.isIncremental()).isTrue();
    assertThat(first.bytes()).isGreaterThan(3_000);
    assertThat(second.bytes()).isBetween(1L, 100L);
    assertThat(third.bytes()).isBetween(1L, 10L);
    assertThat(first.entries()).isEqualTo(4);
    assertThat(second.entries()).isEqualTo(3);
    assertThat(third.entries()).isEqualTo(4);
    assertThat(content(first))
        .isEqualTo(Map.of("same", large, "changed", "1", "deleted", "1", "back", "1"));
    assertThat(content(second)).isEqualTo(Map.of("same", large, "changed", "2", "new", "2"));
    assertThat(content(third))
        .isEqualTo(Map.of("same", large, "changed", "2", "new", "2", "back", "3"));
    assertThat(checkpoints().list(agent)).containsExactly(third, second, first);
  }

  @Test
  void oneThatAnotherNeedsStays() {
    AgentId agent = register();
    Checkpoint first = create(agent);
    Checkpoint second = createAfter(first);
    Checkpoint alone = create(agent);
    assertThatThrownBy(
            () -> checkpoints().delete(agent, List.of(alone.id(), first.id()), "removed"))
        .hasMessageContaining(second.id().toString())
        .hasMessageContaining(agent.toString());
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> checkpoints().delete(agent, List.of(first.id()), "removed"));
    assertThat(checkpoints().list(agent)).hasSize(3);

    assertThat(checkpoints().delete(register(), List.of(alone.id()), "removed")).isZero();
    assertThat(checkpoints().delete(agent, List.of(first.id(), second.id()), "removed"))
        .isEqualTo(2);
    assertThat(checkpoints().delete(agent, List.of(first.id()), "removed")).isZero();
    assertThat(checkpoints().list(agent)).containsExactly(alone);
  }

  @Test
  void whatIsMadeAndRemovedIsRecorded() {
    AgentId agent = register();
    Checkpoint made = create(agent);
    assertThat(checkpoints().delete(agent, List.of(made.id()), "removed")).isEqualTo(1);
    assertThat(checkpoints().delete(agent, List.of(made.id()), "removed again")).isZero();

    List<LifecycleEvent> events =
        stores().sql().lifecycleEvents().list(agent, Optional.empty(), 10);
    assertThat(events)
        .extracting(LifecycleEvent::type)
        .containsExactly("removed", "checkpoint_created", "registered");
    assertThat(events.get(0).data())
        .isEqualTo(Map.of("checkpoints", List.of(made.id().toString())));
    assertThat(events.get(1).data()).isEqualTo(Map.of("checkpoint", made.id().toString()));
  }

  @Test
  void theyGoWithTheirAgent() {
    AgentId agent = register();
    Checkpoint second = createAfter(create(agent));
    assertThat(stores().sql().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(checkpoints().find(second.id())).isEmpty();
    assertThat(checkpoints().list(agent)).isEmpty();
  }
}
