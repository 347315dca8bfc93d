package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.repository.StateChangeEvent;
import io.mistersmith.persistence.repository.StateRepository;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What repositories of several types must do that share the keys of one agent. */
public abstract class StateTypesContract extends PersistenceContract {

  /** For implementations. */
  protected StateTypesContract() {}

  /** A type. */
  public record Plan(String goal, List<String> steps) {}

  /** Another type, which shares no property with the first. */
  public record Cursor(long offset, String partition) {}

  /** What the first type was once: one property has another name since, and one is new. */
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
    try (AutoCloseable watch = plans().watch(agent().toString(), told::add)) {
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
    assertThat(plans().keys(agent().toString(), "")).containsExactlyInAnyOrder(key("c"), key("p"));
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

  @SuppressWarnings("unchecked")
  private StateRepository<Map<String, Object>> maps() {
    return (StateRepository<Map<String, Object>>)
        (StateRepository<?>) persistence().states(DataType.AGENT_STATE, Map.class);
  }
}
