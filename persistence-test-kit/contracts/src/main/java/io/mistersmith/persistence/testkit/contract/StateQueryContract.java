package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract of a repository's search, with the set {@code state_search} applied. */
public abstract class StateQueryContract extends PersistenceContract {

  /** An entry. */
  record Plan(String city, List<String> legs) {}

  /** For implementations. */
  protected StateQueryContract() {}

  private StateRepository<Plan> plans() {
    return persistence().states(StateType.of("plans", Plan.class));
  }

  private static List<StateKey> keys(StateRepository<?> repository, StateQuery query) {
    return List.copyOf(repository.search(query).keySet());
  }

  @Test
  void whatIsFlushedIsFoundAsItIs() {
    Plan plan = new Plan("Lisbon", List.of("train", "ferry"));
    Versioned<Plan> saved = plans().save(key("trip"), plan);
    plans().flush(key("trip"), SOON);

    Map<StateKey, DataResult<Versioned<Plan>>> found =
        plans().search(StateQuery.containing(Map.of("city", "Lisbon")).withWords("ferry"));
    assertThat(found).containsOnlyKeys(key("trip"));
    Versioned<Plan> version = row(found, key("trip"));
    assertThat(version.value()).isEqualTo(plan);
    assertThat(version.revision()).isEqualTo(saved.revision());
    assertThat(version.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(version.awaySince()).isEmpty();
    plans().save(key("trip"), new Plan("Porto", List.of()), SaveOptions.at(version.revision()));
    plans().flush(key("trip"), SOON);
    assertThat(keys(plans(), StateQuery.containing(Map.of("city", "Lisbon")))).isEmpty();
    plans().delete(key("trip"));
    plans().flush(key("trip"), SOON);
    assertThat(keys(plans(), StateQuery.ofOwner(agent()))).isEmpty();
  }

  @Test
  void aTypeFindsItsOwnEntriesAlone() {
    AgentId visitor = AgentId.external("visitor");
    StateKey theirs = StateKey.of(visitor, "trip");
    plans().save(key("trip"), new Plan("Lisbon", List.of()));
    plans().save(theirs, new Plan("Lisbon", List.of()));
    states().save(key("trip"), Map.of("city", "Lisbon"));
    states().save(key("count"), 7);
    persistence().lifecycle().flush(agent(), SOON);
    persistence().lifecycle().flush(visitor, SOON);

    StateQuery lisbon = StateQuery.containing(Map.of("city", "Lisbon"));
    assertThat(keys(plans(), lisbon)).containsExactlyInAnyOrder(key("trip"), theirs);
    assertThat(keys(plans(), lisbon.withOwner(visitor))).containsExactly(theirs);
    assertThat(keys(states(), lisbon)).containsExactly(key("trip"));
    assertThat(keys(states(), StateQuery.ofOwner(agent()).withPrefix("c")))
        .containsExactly(key("count"));
    assertThat(keys(states(), StateQuery.containing(7.0))).containsExactly(key("count"));
  }

  @Test
  void anEntryOfAnotherClassIsTheFailureOfItsRow() {
    states().save(key("a"), Map.of("city", "Lisbon", "legs", List.of()));
    states().save(key("b"), Map.of("town", "Lisbon"));
    persistence().lifecycle().flush(agent(), SOON);
    StateRepository<Plan> untyped = persistence().states(Plan.class);
    var found = untyped.search(StateQuery.matching("lisbon"));
    assertThat(row(found, key("a")).value().city()).isEqualTo("Lisbon");
    assertThat(failure(found, key("b"))).isEqualTo(DataError.SERIALIZATION_ERROR);
  }

  @Test
  void pagesGoOnAfterTheLastKey() {
    for (int i = 0; i < 9; i++) {
      states().save(key("k" + i), Map.of("n", i));
    }
    persistence().lifecycle().flush(agent(), SOON);
    StateQuery pages = StateQuery.ofOwner(agent()).withLimit(4);
    List<StateKey> first = keys(states(), pages);
    List<StateKey> second = keys(states(), pages.after(first.get(3)));
    List<StateKey> last = keys(states(), pages.after(second.get(3)));
    assertThat(first).containsExactly(key("k0"), key("k1"), key("k2"), key("k3"));
    assertThat(second).containsExactly(key("k4"), key("k5"), key("k6"), key("k7"));
    assertThat(last).containsExactly(key("k8"));
  }

  @Test
  void expiredEntriesAreLeftOut() {
    states()
        .save(
            key("short"),
            "word",
            SaveOptions.unconditional().withTimeToLive(Duration.ofSeconds(2)));
    states().save(key("long"), "word");
    persistence().lifecycle().flush(agent(), SOON);
    elapse(Duration.ofMillis(2_100));
    assertThat(keys(states(), StateQuery.matching("word"))).containsExactly(key("long"));
  }

  @Test
  void whatNoEntryCanHaveIsRefused() {
    assertFails(
        DataError.SERIALIZATION_ERROR,
        () -> keys(states(), StateQuery.containing(Map.of("a", "\u0000"))));
    assertFails(
        DataError.SERIALIZATION_ERROR, () -> keys(states(), StateQuery.containing(Double.NaN)));
    assertThatThrownBy(() -> StateQuery.matching(" ")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StateQuery.matching("\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(keys(states(), StateQuery.containing(Arrays.asList("a", null)))).isEmpty();
    assertFails(
        DataError.INVALID_KEY,
        () ->
            keys(
                plans(), StateQuery.ofOwner(agent()).after(new StateKey(agent(), "other", "key"))));
    assertFails(
        DataError.MISCONFIGURED,
        () ->
            keys(
                persistence().states(StateType.of("carts", String.class).in(DataType.SESSION_DATA)),
                StateQuery.matching("word")));
  }
}
