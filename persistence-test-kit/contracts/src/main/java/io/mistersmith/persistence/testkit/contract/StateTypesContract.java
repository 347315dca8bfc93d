package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import io.mistersmith.persistence.state.StateType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of repositories of several types that share the keys of one agent. */
public abstract class StateTypesContract extends PersistenceContract {

  /** For implementations. */
  protected StateTypesContract() {}

  /** A type. */
  public record Plan(String goal, List<String> steps) {}

  /** Another type, which shares no property with the first. */
  public record Cursor(long offset, String partition) {}

  /** An earlier version of the first type: one property was renamed since, and one is new. */
  public record OldPlan(String goal, int budget) {}

  /** A type without properties. */
  public record Nothing() {}

  private static final Plan PLAN = new Plan("win", List.of("a", "b"));

  private StateRepository<Plan> plans() {
    return persistence().states(Plan.class);
  }

  private StateRepository<Cursor> cursors() {
    return persistence().states(Cursor.class);
  }

  @Test
  void aWatchIsToldOfItsOwnTypeAlone() throws Exception {
    List<StateChangeEvent<Plan>> told = new CopyOnWriteArrayList<>();
    try (StateRepository.Watch watch = plans().watch(agent(), told::add)) {
      assertThat(watch).isNotNull();
      for (int i = 0; i < 7; i++) {
        cursors().save(key("cursor" + i), new Cursor(i, "p"));
        plans().save(key("plan" + i), PLAN);
        persistence().states(String.class).save(key("text" + i), "text");
      }
      plans().save(key("last"), PLAN);
      Awaitility.await()
          .atMost(SOON)
          .until(() -> told.stream().anyMatch(event -> event.key().equals(key("last"))));
    }
    assertThat(told).hasSize(8);
    assertThat(told)
        .allSatisfy(event -> assertThat(event.value().orElseThrow().value()).isEqualTo(PLAN));
  }

  @Test
  void anEntryOfAnotherTypeIsNotAnsweredAsOneOfThis() throws Exception {
    Versioned<Cursor> cursor = cursors().save(key("c"), new Cursor(7, "p"));
    plans().save(key("p"), PLAN);
    refused();
    cursors().flush(key("c"), SOON);
    refused();
    assertThat(cursors().find(key("c")).orElseThrow().revision()).isEqualTo(cursor.revision());
    assertThat(plans().keys(agent(), "")).containsExactlyInAnyOrder(key("c"), key("p"));
    assertThat(plans().save(key("c"), PLAN, SaveOptions.at(cursor.revision())).value())
        .as("a write that names what it replaces needs not read it")
        .isEqualTo(PLAN);
  }

  private void refused() throws Exception {
    for (StateRepository<Plan> repository :
        List.of(plans(), open(config().build()).states(Plan.class))) {
      assertThatThrownBy(() -> repository.find(key("c")))
          .hasMessageContaining(key("c").toString())
          .hasMessageContaining(Plan.class.getName());
      assertFails(DataError.SERIALIZATION_ERROR, () -> repository.find(key("c")));
      assertThat(repository.findAsync(key("c"))).failsWithin(SOON.toSeconds(), TimeUnit.SECONDS);
      assertFails(DataError.SERIALIZATION_ERROR, () -> repository.update(key("c"), plan -> PLAN));
      Map<StateKey, DataResult<Optional<Versioned<Plan>>>> rows =
          repository.findAll(List.of(key("c"), key("p")));
      assertThat(failure(rows, key("c"))).isEqualTo(DataError.SERIALIZATION_ERROR);
      assertThat(row(rows, key("p")).orElseThrow().value()).isEqualTo(PLAN);
    }
  }

  @Test
  void namedTypesMayUseTheSameKeys() throws Exception {
    AgentId agent = agent();
    StateRepository<Plan> plans = persistence().states(StateType.of("plan", Plan.class));
    StateRepository<Cursor> cursors = persistence().states(StateType.of("plan-2", Cursor.class));
    List<StateKey> told = new CopyOnWriteArrayList<>();
    try (StateRepository.Watch watch = plans.watch(agent, "a.", event -> told.add(event.key()))) {
      assertThat(watch).isNotNull();
      for (String name : List.of("b", "a", "a.1", "a.2")) {
        cursors.save(key(name), new Cursor(7, "p"));
        plans.save(key(name), PLAN);
      }
      Awaitility.await().atMost(SOON).until(() -> told.contains(key("a.2")));
    }
    assertThat(told).containsExactly(key("a.1"), key("a.2"));
    assertThat(plans.find(key("a")).orElseThrow().value()).isEqualTo(PLAN);
    assertThat(cursors.find(key("a")).orElseThrow().value()).isEqualTo(new Cursor(7, "p"));
    assertThat(plans().find(key("a"))).isEmpty();
    plans.delete(key("b"));
    assertThat(cursors.find(key("b"))).isPresent();
    for (boolean flushed : List.of(false, true)) {
      assertThat(plans.keys(agent, "a.", "", 1)).as("%s", flushed).containsExactly(key("a.1"));
      assertThat(plans.keys(agent, "", "a.1", 9)).containsExactly(key("a.2"));
      assertThat(plans.keys(agent, "")).containsOnly(key("a"), key("a.1"), key("a.2"));
      persistence().lifecycle().flush(agent, SOON);
    }
    assertThat(plans.findAll(List.of(key("a"), key("b"))).keySet())
        .containsExactly(key("a"), key("b"));
  }

  @Test
  void aTokenSaysWhatAListHolds() {
    StateType<List<Plan>> type = StateType.of("plans", new StateType.Token<List<Plan>>() {});
    StateRepository<List<Plan>> lists = persistence().states(type);
    lists.save(key("a"), List.of(PLAN));
    for (StateRepository<List<Plan>> each : List.of(lists, open(config().build()).states(type))) {
      List<Plan> found = each.find(key("a")).orElseThrow().value();
      assertThat(found.get(0).steps()).isEqualTo(PLAN.steps());
    }
  }

  @Test
  void aKeyOfAnotherTypeIsRefused() {
    StateRepository<Plan> plans = persistence().states(StateType.of("plan", Plan.class));
    plans.save(key("a").withType("plan"), PLAN);
    assertThat(plans.find(key("a"))).isPresent();
    StateKey other = key("a").withType("cursor");
    assertFails(DataError.INVALID_KEY, () -> plans.save(other, PLAN));
    assertFails(DataError.INVALID_KEY, () -> plans.find(other));
    assertFails(DataError.INVALID_KEY, () -> StateType.of("_plan", Plan.class));
    assertFails(DataError.INVALID_KEY, () -> StateType.of("a.b", Plan.class));
  }

  @Test
  void anExternalOwnersEntriesAreFlushedUnregistered() {
    AgentId thread = AgentId.external("thread 7/\u65e5");
    StateKey key = StateKey.of(thread, "turn.1");
    StateRepository<Plan> plans = persistence().states(StateType.of("plan", Plan.class));
    plans.save(key, PLAN);
    persistence().lifecycle().flush(thread, SOON);
    assertThat(persistence().operations().deadLetters().count()).isZero();
    persistence().close(SOON);
    evictAll(1);
    Persistence runtime = open(config().build());
    StateRepository<Plan> later = runtime.states(StateType.of("plan", Plan.class));
    assertThat(later.find(key).orElseThrow().value()).isEqualTo(PLAN);
    assertThat(later.keys(thread, "turn.")).containsExactly(key);
    later.delete(key);
    runtime.lifecycle().flush(thread, SOON);
    assertThat(later.find(key)).isEmpty();
  }

  @Test
  void aTypeMayGainAndLoseProperties() {
    StateRepository<OldPlan> old = persistence().states(OldPlan.class);
    old.save(key("p"), new OldPlan("win", 3));
    assertThat(plans().find(key("p")).orElseThrow().value().goal()).isEqualTo("win");
    plans().save(key("p"), PLAN);
    assertThat(old.find(key("p")).orElseThrow().value()).isEqualTo(new OldPlan("win", 0));
    StateRepository<Nothing> nothing = persistence().states(Nothing.class);
    assertThat(nothing.find(key("p"))).isPresent();
    nothing.save(key("n"), new Nothing());
    assertThat(plans().find(key("n")).orElseThrow().value().goal()).isNull();
    StateRepository<Map<String, Object>> maps = maps();
    assertThat(maps.find(key("p")).orElseThrow().value()).containsKey("goal");
  }

  private StateRepository<Map<String, Object>> maps() {
    return persistence().states(StateType.untyped(new StateType.Token<Map<String, Object>>() {}));
  }
}
