package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Resolves two versions of an entry whose writers had not seen each other. */
@ExtendWith(PersistenceExtension.class)
class ConflictTest {

  @Test
  void mergesWhatTwoWritersMade(Persistence persistence) {
    Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
    ConflictRules<String> rules =
        ConflictRules.of(ConflictResolver.<String>lastWriteWins())
            .withPrefix("notes.", ConflictResolver.customMerge((one, other) -> one + "; " + other));
    StateType<String> type = StateType.of("trip", String.class).withRules(rules);
    StateRepository<String> states = persistence.states(type);
    StateKey notes = StateKey.of(agent.id(), "notes.trip");
    Versioned<String> read = states.save(notes, "by train");
    SaveOptions seen = SaveOptions.unconditional().basedOn(read);
    states.save(notes, "by train, seat 12", seen); // nobody else wrote: no conflict
    states.save(notes, "by train, at noon", seen); // the seat was not seen: merged
    assertThat(states.find(notes).orElseThrow().value())
        .isEqualTo("by train, seat 12; by train, at noon");
  }

  @Test
  void addsUpWithoutAsking(Persistence persistence) {
    Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
    StateRepository<OrSet> sets =
        persistence.states(
            StateType.of("places", OrSet.class)
                .withRules(ConflictRules.of(ConflictResolver.<OrSet>crdtMerge())));
    StateKey places = StateKey.of(agent.id(), "places");
    sets.save(places, OrSet.empty().add("node-1", "Lisbon"));
    sets.save(places, OrSet.empty().add("node-2", "Porto")); // merged, in any order
    assertThat(sets.find(places).orElseThrow().value().value())
        .containsExactlyInAnyOrder("Lisbon", "Porto");
  }
}
