package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateQuery;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract of keys, prefixes and bulk calls. */
public abstract class StateKeysContract extends PersistenceContract {

  /** For implementations. */
  protected StateKeysContract() {}

  @Test
  void aKeyWhoseEntryPostgresRefusedIsListed() {
    AgentId unknown = AgentId.random();
    StateKey refused = StateKey.of(unknown, "refused");
    StateKey good = StateKey.of(agent(), "good");
    states().save(refused, "1");
    states().save(good, "1");
    states().flush(good, SOON);
    assertThat(persistence().operations().deadLetters().count()).isPositive();

    assertThat(states().keys(unknown, "")).containsExactly(refused);
    assertThat(states().keys(agent(), "")).containsExactly(good);
  }

  @Test
  void searchIsRefusedUnlessItsSetIsApplied() {
    assertThatThrownBy(() -> states().search(StateQuery.ofOwner(agent())))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("migrateOnOpen(\"state_search\")");
  }

  @Test
  void anyLegalKeyIsToldFromAllOthers() {
    List<StateKey> keys = awkward();
    keys.forEach(key -> states().save(key, key.key()));
    for (StateKey key : keys) {
      assertThat(find(key).value()).isEqualTo(key.key());
    }
    persistence().lifecycle().flush(agent(), SOON);
    assertThat(persistence().operations().deadLetters().count()).isZero();
    for (StateKey key : keys) {
      states().delete(key);
      assertThat(states().find(key)).isEmpty();
    }
    assertThat(states().keys(agent(), "")).isEmpty();
  }

  @Test
  void pagesHaveEachLiveKeyOnceAndInOrder() {
    List<StateKey> keys = new ArrayList<>(awkward());
    states().saveAll(asMap(keys));
    persistence().lifecycle().flush(agent(), SOON);
    assertPages(keys);
    List<StateKey> deleted = List.of(keys.get(0), keys.get(7), keys.get(20));
    deleted.forEach(states()::delete);
    keys.removeAll(deleted);
    StateKey added = key("added \ud83e\udd16");
    states().save(added, "1");
    keys.add(added);
    assertPages(keys);
    persistence().lifecycle().flush(agent(), SOON);
    assertPages(keys);
    assertThat(states().keys(agent(), "added", "a", 5)).containsExactly(added);
    assertThat(states().keys(AgentId.random(), "", "", 5)).isEmpty();
    assertThatThrownBy(() -> states().keys(agent(), "", "", 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void assertPages(List<StateKey> keys) {
    List<StateKey> inOrder = new ArrayList<>(keys);
    inOrder.sort(
        (one, other) ->
            Arrays.compareUnsigned(one.key().getBytes(UTF_8), other.key().getBytes(UTF_8)));
    assertThat(states().keys(agent(), "")).as("all at once").containsExactlyElementsOf(inOrder);
    for (int limit : List.of(1, 7, keys.size(), 1_000)) {
      List<StateKey> pages = new ArrayList<>();
      List<StateKey> page;
      do {
        String after = pages.isEmpty() ? "" : pages.get(pages.size() - 1).key();
        page = states().keys(agent(), "", after, limit);
        pages.addAll(page);
      } while (page.size() == limit);
      assertThat(pages).as("pages of %d", limit).containsExactlyElementsOf(inOrder);
    }
  }

  @Test
  void prefixesAreTakenLiterally() {
    List<StateKey> keys = awkward();
    states().saveAll(asMap(keys));
    AgentId other = register();
    states().save(StateKey.of(other, "step_1"), "of another agent");
    Stream.concat(Stream.of("", "step_", "step%", "_", "%", "a.", "none"), awkwardTexts())
        .distinct()
        .forEach(
            prefix ->
                assertThat(states().keys(agent(), prefix))
                    .as("prefix '%s'", prefix)
                    .containsExactlyInAnyOrderElementsOf(
                        keys.stream().filter(key -> key.key().startsWith(prefix)).toList()));
  }

  @Test
  void aListIsCompleteBeyondTheServersBatchAndWithoutWhatIsDeleted() {
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      keys.add(key("many.k" + i));
    }
    saveAll(keys);
    states().save(key("manyfold"), "1");
    states().delete(keys.remove(700));
    assertThat(states().keys(agent(), "many.")).containsExactlyInAnyOrderElementsOf(keys);
    persistence().lifecycle().flush(agent(), SOON);
    assertThat(states().keys(agent(), "many.")).containsExactlyInAnyOrderElementsOf(keys);
    assertThat(states().keys(register(), "")).isEmpty();
  }

  @Test
  void bulkRowsComeInOrderWithTheMissingOnes() {
    List<StateKey> keys = List.of(key("c"), key("a"), key("b"));
    saveAll(keys);
    List<StateKey> asked = List.of(key("b"), key("missing"), key("c"), key("a"));

    Map<StateKey, DataResult<Optional<Versioned<Object>>>> found = states().findAll(asked);
    assertThat(found.keySet()).containsExactlyElementsOf(asked);
    assertThat(row(found, key("missing"))).isEmpty();
    for (StateKey key : keys) {
      assertThat(row(found, key).orElseThrow().value()).isEqualTo(key.key());
    }

    Map<StateKey, DataResult<Optional<Revision>>> deleted = states().deleteAll(asked);
    assertThat(deleted.keySet()).containsExactlyElementsOf(asked);
    assertThat(deleted.values()).allMatch(DataResult::isSuccess);
    states().findAll(asked).values().forEach(row -> assertThat(row.orElseThrow()).isEmpty());
    assertThat(states().findAll(List.of())).isEmpty();
    assertThat(states().saveAll(Map.of())).isEmpty();
  }

  @Test
  void aBadRowLeavesItsNeighboursAlone() {
    Map<StateKey, Object> values = new LinkedHashMap<>();
    values.put(key("good"), "1");
    values.put(key("bad"), Double.NaN);
    values.put(key("better"), "2");
    values.put(key("large"), "x".repeat(3 * 1024 * 1024));
    values.put(key("best"), "3");
    Map<StateKey, DataResult<Versioned<Object>>> rows = states().saveAll(values);

    assertThat(rows.keySet()).containsExactlyElementsOf(values.keySet());
    assertThat(failure(rows, key("bad"))).isEqualTo(DataError.SERIALIZATION_ERROR);
    assertThat(failure(rows, key("large"))).isEqualTo(DataError.VALUE_TOO_LARGE);
    assertThat(find(key("good")).value()).isEqualTo("1");
    assertThat(find(key("better")).revision()).isEqualTo(row(rows, key("better")).revision());
    assertThat(find(key("best")).value()).isEqualTo("3");
    assertThat(states().find(key("bad"))).isEmpty();
    assertThat(states().find(key("large"))).isEmpty();
  }

  @Test
  void bulkCallsBeyondTheServersBatchAreComplete() {
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      keys.add(key("k" + i));
    }
    saveAll(keys);
    Map<StateKey, DataResult<Optional<Versioned<Object>>>> found = states().findAll(keys);
    assertThat(found.keySet()).containsExactlyElementsOf(keys);
    found.forEach(
        (key, row) -> assertThat(row.orElseThrow().orElseThrow().value()).isEqualTo(key.key()));
  }

  private void saveAll(List<StateKey> keys) {
    assertThat(states().saveAll(asMap(keys)).values()).allMatch(DataResult::isSuccess);
  }

  private static Map<StateKey, Object> asMap(List<StateKey> keys) {
    Map<StateKey, Object> values = new LinkedHashMap<>();
    keys.forEach(key -> values.put(key, key.key()));
    return values;
  }

  private static Stream<String> awkwardTexts() {
    return AwkwardKeys.texts().stream();
  }

  private List<StateKey> awkward() {
    return Stream.concat(
            awkwardTexts(),
            Stream.of(AwkwardKeys.longest("k"), AwkwardKeys.longest("\ud83e\udd16")))
        .map(this::key)
        .toList();
  }
}
