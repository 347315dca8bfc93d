package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of the search of agents' state, with the set {@code state_search} applied. */
public abstract class StateSearchContract extends DurableContract {

  private long sequence;

  /** For implementations. */
  protected StateSearchContract() {}

  private StateKey keep(AgentId owner, String key, String json) {
    StateKey kept = StateKey.of(owner, key);
    apply(put(kept, at(++sequence), json));
    return kept;
  }

  private StateSearch all() {
    return new StateSearch(
        Optional.empty(), "_.", Optional.empty(), Optional.empty(), Optional.empty(), 1_000, now());
  }

  private StateSearch containing(String part) {
    StateSearch all = all();
    return new StateSearch(
        all.owner(), all.prefix(), Optional.of(part), all.words(), all.after(), 1_000, all.now());
  }

  private StateSearch having(String words) {
    StateSearch all = all();
    return new StateSearch(
        all.owner(), all.prefix(), all.part(), Optional.of(words), all.after(), 1_000, all.now());
  }

  private List<StateKey> found(StateSearch wanted) {
    return stores().sql().states().search(wanted).stream().map(StoredState::key).toList();
  }

  @Test
  void documentsAreFoundByWhatTheyContain() {
    AgentId agent = register();
    StateKey plan =
        keep(agent, "plan", "{\"city\":\"Lisbon\",\"legs\":[{\"by\":\"train\",\"n\":1},2,\"x\"]}");
    StateKey list = keep(agent, "list", "[1,\"a\",[2],{\"city\":\"Lisbon\"}]");
    StateKey number = keep(agent, "number", "10");
    StateKey text = keep(AgentId.external("visitor"), "text", "\"a\"");

    assertThat(found(containing("{\"city\":\"Lisbon\"}"))).containsExactly(plan);
    assertThat(found(containing("{\"legs\":[2.0,{\"by\":\"train\"}]}"))).containsExactly(plan);
    assertThat(found(containing("{\"legs\":2}"))).isEmpty();
    assertThat(found(containing("{\"legs\":{}}"))).isEmpty();
    assertThat(found(containing("[{\"city\":\"Lisbon\"}]"))).containsExactly(list);
    assertThat(found(containing("[[]]"))).containsExactly(list);
    assertThat(found(containing("\"a\""))).containsExactlyInAnyOrder(list, text);
    assertThat(found(containing("[\"a\"]"))).containsExactly(list);
    assertThat(found(containing("1e1"))).containsExactly(number);
    assertThat(found(containing("{}"))).containsExactly(plan);
    assertThat(found(containing("\"'; DROP TABLE agents.state; --\""))).isEmpty();
  }

  @Test
  void documentsAreFoundByTheirWords() {
    AgentId agent = register();
    StateKey plan = keep(agent, "plan", "{\"city\":\"Lisbon\",\"note\":\"By TRAIN, not by bus\"}");
    StateKey other = keep(agent, "other", "[\"a train to Porto\", {\"deep\": \"lisbon\"}]");
    keep(agent, "lisbon", "{\"train\":1}");

    assertThat(found(having("lisbon"))).containsExactlyInAnyOrder(plan, other);
    assertThat(found(having("Train LISBON"))).containsExactlyInAnyOrder(plan, other);
    assertThat(found(having("bus train"))).containsExactly(plan);
    assertThat(found(having("city"))).as("names of members are no words").isEmpty();
    assertThat(found(having("trai"))).as("a part of a word is none").isEmpty();
    assertThat(found(having("train | bus & ! porto"))).as("signs are no operators").isEmpty();
    assertThat(found(having("'; DROP TABLE agents.state; --"))).isEmpty();
    assertThat(found(having("---"))).as("there is no word in it").isEmpty();
  }

  @Test
  void largeDocumentsHaveNoWordsAndAreKept() {
    AgentId agent = register();
    StringBuilder words = new StringBuilder("needle");
    for (int i = 0; words.length() < 1_500_000; i++) {
      words.append(' ').append(Integer.toString(i, 36));
    }
    StateKey large = keep(agent, "large", "{\"kind\":\"large\",\"text\":\"" + words + "\"}");
    StateKey small = keep(agent, "small", "{\"text\":\"needle\"}");
    assertThat(row(large).value().length).isGreaterThan(1_500_000);
    assertThat(found(having("needle"))).containsExactly(small);
    assertThat(found(containing("{\"kind\":\"large\"}"))).containsExactly(large);
  }

  @Test
  void ownersPrefixesAndTypesNarrowASearch() {
    AgentId agent = register();
    AgentId other = AgentId.external("other");
    StateKey first = keep(agent, "note.1", "{\"a\":1}");
    keep(agent, "plan", "{\"a\":1}");
    StateKey theirs = keep(other, "note.1", "{\"a\":1}");
    StateKey typed = new StateKey(agent, "notes", "note.1");
    apply(put(typed, at(++sequence), "{\"a\":1}"));

    StateSearch notes =
        new StateSearch(
            Optional.empty(),
            "_.note.",
            Optional.of("{\"a\":1}"),
            Optional.empty(),
            Optional.empty(),
            10,
            now());
    assertThat(found(notes)).containsExactlyInAnyOrder(first, theirs);
    assertThat(
            found(
                new StateSearch(
                    Optional.of(other),
                    notes.prefix(),
                    notes.part(),
                    notes.words(),
                    notes.after(),
                    10,
                    now())))
        .containsExactly(theirs);
    assertThat(
            found(
                new StateSearch(
                    Optional.of(agent),
                    "notes.",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    10,
                    now())))
        .containsExactly(typed);
  }

  @Test
  void deletedAndExpiredEntriesAreNotFound() {
    AgentId agent = register();
    StateKey live = keep(agent, "live", "{\"a\":\"word\"}");
    StateKey gone = keep(agent, "gone", "{\"a\":\"word\"}");
    apply(delete(gone, at(++sequence)));
    StateKey ending = StateKey.of(agent, "ending");
    apply(put(ending, at(++sequence), "{\"a\":\"word\"}", Optional.of(now().plusSeconds(3_600))));

    assertThat(found(having("word"))).containsExactlyInAnyOrder(live, ending);
    StateSearch later = having("word");
    assertThat(
            found(
                new StateSearch(
                    later.owner(),
                    later.prefix(),
                    later.part(),
                    later.words(),
                    later.after(),
                    10,
                    now().plusSeconds(7_200))))
        .containsExactly(live);
  }

  @Test
  void aRowIsFoundAsItIs() {
    AgentId agent = register();
    StateKey key = keep(agent, "exact", "{\"b\":1.0E7,\"a\":\"w\\u00f6rd\"}");
    StoredState found = stores().sql().states().search(having("w\u00f6rd")).get(0);
    assertThat(new String(found.value(), UTF_8)).isEqualTo("{\"b\":1.0E7,\"a\":\"w\\u00f6rd\"}");
    assertThat(found).usingRecursiveComparison().isEqualTo(row(key));
  }

  @Test
  void pagesHaveEveryRowOnceInTheOrderOfOwnersAndKeys() {
    List<StateKey> kept = new ArrayList<>();
    for (int owner = 0; owner < 4; owner++) {
      AgentId agent = owner == 0 ? AgentId.external("paged") : register();
      for (String key : List.of("b", "a", "a.b", "a/b", "\u00e9", "\ud83d\ude00", "\uffee")) {
        kept.add(keep(agent, key, "{\"page\":true}"));
      }
    }
    List<StateKey> listed = new ArrayList<>();
    Optional<StateKey> after = Optional.empty();
    List<StateKey> page;
    do {
      page =
          found(
              new StateSearch(
                  Optional.empty(),
                  "_.",
                  Optional.of("{\"page\":true}"),
                  Optional.empty(),
                  after,
                  5,
                  now()));
      listed.addAll(page);
      after = page.isEmpty() ? after : Optional.of(page.get(page.size() - 1));
    } while (page.size() == 5);
    kept.sort(
        Comparator.comparing((StateKey key) -> key.agent().uuid().toString())
            .thenComparing(
                key -> key.path().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
    assertThat(listed).containsExactlyElementsOf(kept);
  }

  @Test
  void aUnitSearchesItsOwnRows() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "own");
    var previous = position();
    stores()
        .sql()
        .inTransaction(
            SqlOptions.of("search in a unit"),
            unit -> {
              unit.journals()
                  .apply(
                      previous,
                      previous.advancedTo(previous.sequence() + 1, now()),
                      List.of(put(key, at(++sequence), "{\"own\":1}")));
              assertThat(unit.states().search(containing("{\"own\":1}")))
                  .extracting(StoredState::key)
                  .containsExactly(key);
              assertThat(found(containing("{\"own\":1}"))).isEmpty();
              return key;
            });
    assertThat(found(containing("{\"own\":1}"))).containsExactly(key);
  }
}
