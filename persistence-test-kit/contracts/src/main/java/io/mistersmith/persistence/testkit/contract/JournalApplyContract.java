package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of applying a batch: all of it with its position or nothing, and never back. */
public abstract class JournalApplyContract extends DurableContract {

  /** For implementations. */
  protected JournalApplyContract() {}

  @Test
  void aBatchMovesThePosition() {
    StateKey key = StateKey.of(register(), "key");
    JournalPosition first = position();
    JournalPosition next = first.advancedTo(17, CREATED.plusNanos(17));
    ApplyResult result =
        stores().sql().journals().apply(first, next, List.of(put(key, at(17), "{\"a\":1}")));
    assertThat(result).isEqualTo(new ApplyResult.Applied(List.of()));
    assertThat(stores().sql().journals().position(BUCKET)).contains(next);
    assertThat(json(key)).isEqualTo("{\"a\":1}");
  }

  @Test
  void nothingIsAppliedFromAPositionThatHasMoved() {
    StateKey key = StateKey.of(register(), "key");
    JournalPosition first = position();
    JournalPosition moved = first.advancedTo(2, CREATED);
    stores().sql().journals().apply(first, moved, List.of());

    JournalPosition late = first.advancedTo(1, CREATED);
    assertThat(stores().sql().journals().apply(first, late, List.of(put(key, at(1), "1"))))
        .isEqualTo(new ApplyResult.PositionMoved());
    assertThat(stores().sql().states().find(key)).isEmpty();
    assertThat(stores().sql().journals().position(BUCKET)).contains(moved);
  }

  @Test
  void aFlusherOfAnOlderEpochIsRefused() {
    StateKey key = StateKey.of(register(), "key");
    JournalPosition first = position();
    JournalPosition second =
        stores()
            .sql()
            .journals()
            .startEpoch(BUCKET, Optional.of(first), 1, CREATED.plusNanos(1), "new");
    assertThat(second.sequence()).isEqualTo(first.sequence());
    assertThat(
            stores()
                .sql()
                .journals()
                .apply(first, first.advancedTo(1, CREATED), List.of(put(key, at(1), "1"))))
        .isEqualTo(new ApplyResult.PositionMoved());
    assertThat(stores().sql().states().find(key)).isEmpty();
  }

  @Test
  void aBucketWithoutPositionTakesNothing() {
    JournalPosition invented =
        new JournalPosition(
            "NEVER_SEEN", 1, 0, CREATED, CREATED, List.of(new JournalPosition.Epoch(1, 1)));
    assertThat(
            stores().sql().journals().apply(invented, invented.advancedTo(1, CREATED), List.of()))
        .isEqualTo(new ApplyResult.PositionMoved());
  }

  @Test
  void ofConcurrentFlushersOneAppliesTheBatch() throws Exception {
    AgentId agent = register();
    JournalPosition first = position();
    Stores other = open(config().build());
    List<ApplyResult> results =
        Concurrently.run(
            6,
            i ->
                () ->
                    (i % 2 == 0 ? stores() : other)
                        .sql()
                        .journals()
                        .apply(
                            first,
                            first.advancedTo(1, CREATED),
                            List.of(put(StateKey.of(agent, "by " + i), at(1), "1"))));
    assertThat(results).containsOnlyOnce(new ApplyResult.Applied(List.of()));
    assertThat(stores().sql().states().findByAgent(agent, "_.by ")).hasSize(1);
  }

  @Test
  void aRowNeverGoesBack() {
    StateKey key = StateKey.of(register(), "key");
    apply(put(key, new Revision.OfJournal(2, 10), "10"));
    assertThat(apply(put(key, new Revision.OfJournal(2, 9), "9")).refused()).isEmpty();
    assertThat(json(key)).isEqualTo("10");
    apply(put(key, new Revision.OfJournal(2, 10), "11"));
    assertThat(json(key)).as("the same revision is the same write").isEqualTo("10");
    apply(put(key, new Revision.OfJournal(1, 99), "99"));
    assertThat(json(key)).as("an older epoch").isEqualTo("10");
    apply(delete(key, new Revision.OfJournal(2, 8)));
    assertThat(json(key)).as("an older delete").isEqualTo("10");
    apply(put(key, new Revision.OfJournal(3, 1), "1"));
    assertThat(json(key)).as("a later epoch").isEqualTo("1");
    assertThat(row(key).revision()).isEqualTo(new Revision.OfJournal(3, 1));
  }

  @Test
  void aDeletedKeyIsNotResurrected() {
    StateKey key = StateKey.of(register(), "key");
    StateKey never = StateKey.of(key.agent(), "never written");
    apply(put(key, at(1), "1"), delete(never, at(5)));
    apply(delete(key, at(3)));
    apply(put(key, at(2), "2"), put(never, at(4), "4"));
    assertThat(row(key).deleted()).isTrue();
    assertThat(row(never).deleted()).isTrue();
  }

  @Test
  void anExternalOwnerNeedsNoRegistrationAndIsNoOtherOwner() {
    AgentId agent = register();
    List<StateChange> changes = new ArrayList<>();
    for (String owner :
        List.of(
            "no uuid",
            UUID.randomUUID().toString(),
            "1-1-1-1-1",
            "{" + agent + "}",
            "_" + agent,
            agent.toString(),
            agent.toString().toUpperCase(Locale.ROOT),
            AwkwardKeys.longest("\ud83e\udd16"))) {
      StateKey key = StateKey.of(AgentId.external(owner), "key");
      changes.add(put(key, at(changes.size() + 1), "" + changes.size()));
    }
    changes.add(put(StateKey.of(agent, "key"), at(changes.size() + 1), "\"registered\""));

    assertThat(apply(changes).refused()).isEmpty();

    for (StateChange change : changes) {
      StateKey key = change.key().orElseThrow();
      assertThat(stores().sql().states().find(key).orElseThrow().value()).isEqualTo(change.value());
      assertThat(stores().sql().states().findByAgent(key.agent(), "")).hasSize(1);
      assertThat(stores().sql().states().keys(key.agent(), "", "", 10))
          .extracting(StoredKey::key)
          .containsExactly(key);
    }
    assertThat(
            stores()
                .sql()
                .states()
                .findAll(changes.stream().flatMap(c -> c.key().stream()).toList()))
        .hasSize(changes.size());
    assertThat(stores().sql().states().orphans(10)).isEmpty();
  }

  @Test
  void deletesOfAnExternalOwnerLeaveTombstones() {
    StateKey key = StateKey.of(AgentId.external("thread 7"), "key");
    apply(put(key, at(1), "1"));
    apply(delete(key, at(3)));
    apply(put(key, at(2), "2"));
    assertThat(stores().sql().states().find(key).orElseThrow().deleted()).isTrue();
  }

  @Test
  void theProvenanceIsKeptUntilALaterWriteReplacesIt() {
    StateKey key = StateKey.of(register(), "key");
    Provenance provenance = Provenance.of(new HybridTimestamp(1_700_000_000_000L, 3, "node-1"));
    apply(from(provenance, put(key, at(1), "1")));
    assertThat(row(key).provenance()).contains(provenance);
    apply(from(provenance, delete(key, at(2))));
    assertThat(row(key).provenance()).contains(provenance);
    apply(put(key, at(3), "3"));
    assertThat(row(key).provenance()).isEmpty();
  }

  private static StateChange from(Provenance provenance, StateChange change) {
    return new StateChange(
        change.subject(),
        change.key(),
        change.operation(),
        change.value(),
        change.revision(),
        change.writtenAt(),
        change.expiresAt(),
        Optional.of(provenance));
  }

  @Test
  void aBatchMayBeEmptyOrLarge() {
    AgentId agent = register();
    assertThat(apply().refused()).isEmpty();
    List<StateChange> changes = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      changes.add(put(StateKey.of(agent, "k" + i), at(i + 1), "{\"i\":" + i + "}"));
    }
    assertThat(apply(changes).refused()).isEmpty();
    assertThat(stores().sql().states().findByAgent(agent, "")).hasSize(5_000);
  }

  @Test
  void sqlInAKeyOrAValueIsText() {
    Agent agent = Agent.of("'; DROP TABLE agents.state; --", "Robert'); --");
    stores().sql().agents().save(agent, AgentStore.NONE);
    StateKey key = StateKey.of(agent.id(), "'; DELETE FROM agents.state; --");
    apply(put(key, at(1), "\"'; DROP SCHEMA agents CASCADE; --\""));
    assertThat(json(key)).isEqualTo("\"'; DROP SCHEMA agents CASCADE; --\"");
    assertThat(stores().sql().states().findByAgent(key.agent(), "_.'; DELETE")).hasSize(1);
  }
}
