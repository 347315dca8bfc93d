package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How an agent's state is written, read, listed and watched. */
@ExtendWith(PersistenceExtension.class)
class StateTest {

  record Plan(String city, int step) {
    Plan next() {
      return new Plan(city, step + 1);
    }
  }

  @Test
  void changesAnEntryUnderCompetition(Persistence persistence) {
    Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
    StateRepository<Plan> plans = persistence.states(Plan.class);
    StateKey key = StateKey.of(agent.id(), "plan");
    plans.save(key, new Plan("Lisbon", 0), SaveOptions.ifAbsent()); // else DUPLICATE_KEY
    plans.update(key, Plan::next); // compare-and-set, again where another writer was faster
    SaveOptions committed = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    plans.save(key, new Plan("Porto", 2), committed); // returns when PostgreSQL has committed it
    assertThat(plans.find(key).orElseThrow().value()).isEqualTo(new Plan("Porto", 2));
  }

  @Test
  void writesAndReadsManyAtOnce(Persistence persistence) {
    Agent scout = persistence.agents().save(Agent.of("scout", "Ada")).value();
    AgentId agent = scout.id();
    StateRepository<String> notes = persistence.states(String.class);
    StateKey river = StateKey.of(agent, "note.1");
    StateKey bridge = StateKey.of(agent, "note.2");
    Map<StateKey, DataResult<Versioned<String>>> saved =
        notes.saveAll(Map.of(river, "a river", bridge, "a bridge")); // pipelined, a result a row
    List<StateKey> again = new ArrayList<>(); // the rows whose failure is transient
    saved.forEach(
        (key, row) -> {
          if (row.requiresRetry()) {
            again.add(key);
          }
        });
    List<StateKey> page = notes.keys(agent, "note.", "", 100); // in order; "" is the first page
    notes.findAll(page).forEach((key, row) -> row.orElseThrow());
    assertThat(again).isEmpty();
    assertThat(page).containsExactly(river, bridge);
  }

  record Cursor(int turn) {}

  @Test
  void writesAStepWhole(Persistence persistence) {
    AgentId agent = persistence.agents().save(Agent.of("planner", "Ada")).value().id();
    StateType<Cursor> cursors = StateType.of("cursor", Cursor.class);
    StateType<String> turns = StateType.of("turns", String.class);
    StateKey main = StateKey.of(agent, "main");
    Versioned<Cursor> cursor = persistence.states(cursors).save(main, new Cursor(6));
    Step.Committed done =
        persistence
            .step() // all of it is written, or nothing
            .save(cursors, main, new Cursor(7), SaveOptions.at(cursor.revision()))
            .save(turns, StateKey.of(agent, "7"), "by train", SaveOptions.ifAbsent())
            .commit();
    assertThat(persistence.states(cursors).find(main).orElseThrow().revision())
        .isEqualTo(done.revision(cursors, main));
  }

  @Test
  void keepsTypesApartAndNeedsNoRegistration(Persistence persistence) {
    StateRepository<Plan> plans = persistence.states(StateType.of("plans", Plan.class));
    StateRepository<String> notes = persistence.states(StateType.of("notes", String.class));
    AgentId conversation = AgentId.external("conversation-7"); // outside the registry
    StateKey trip = StateKey.of(conversation, "trip");
    plans.save(trip, new Plan("Lisbon", 0));
    notes.save(trip, "by train"); // another entry: each type has its own keys
    assertThat(plans.find(trip).orElseThrow().value()).isEqualTo(new Plan("Lisbon", 0));
    assertThat(notes.keys(conversation, "")).containsExactly(trip);
  }

  @Test
  void hearsOfChanges(Persistence persistence) throws Exception {
    Agent scout = persistence.agents().save(Agent.of("scout", "Ada")).value();
    AgentId agent = scout.id();
    List<String> heard = new CopyOnWriteArrayList<>();
    StateRepository<String> notes = persistence.states(String.class);
    try (StateRepository.Watch watch =
        notes.watch(agent, change -> heard.add(change.key().key()))) { // any process's changes
      assertThat(watch).isNotNull();
      notes.save(StateKey.of(agent, "note.1"), "a river");
      await().until(() -> heard.contains("note.1"));
    }
  }

  @Test
  void triesAgainWhatIsTransient(Persistence persistence) {
    Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
    StateRepository<String> plans = persistence.states(String.class);
    StateKey key = StateKey.of(agent.id(), "plan");
    Versioned<String> read = plans.save(key, "by train");
    plans.save(key, "by boat"); // another writer
    String outcome;
    try {
      plans.save(key, "on foot", SaveOptions.at(read.revision()));
      outcome = "saved";
    } catch (TransientPersistenceException e) { // read again, decide again, save again
      outcome = e.error().name();
    } // a NonTransientPersistenceException would fail again
    assertThat(outcome).isEqualTo("VERSION_CONFLICT");
  }

  @Test
  void keepsASessionInKvAlone(Persistence persistence) {
    StateType<String> carts = StateType.of("cart", String.class).in(DataType.SESSION_DATA);
    StateRepository<String> sessions = persistence.states(carts);
    StateKey key = StateKey.of(AgentId.external("visitor-7"), "cart");
    sessions.save(key, "two tickets");
    assertThat(sessions.find(key)).isPresent();
  }
}
