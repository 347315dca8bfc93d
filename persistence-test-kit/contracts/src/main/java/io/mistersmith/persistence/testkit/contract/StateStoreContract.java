package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.JournalPlace;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of the durable copy of the agents' state. */
public abstract class StateStoreContract extends DurableContract {

  /** For implementations. */
  protected StateStoreContract() {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "true",
        "false",
        "0",
        "-17",
        "3.25",
        "9007199254740993",
        "123456789012345678901234567890",
        "\"\"",
        "\"text with  blanks, \\\"quotes\\\" and \\\\\"",
        "\"\u65e5\u672c\u8a9e \ud83e\udd16\"",
        "[]",
        "{}",
        "[1,[2,[3]],{\"a\":null}]",
        "{\"a\":{\"b\":[true,false]}}",
        "{ \"b\" : 1.0E7, \"a\" : [-0.0, 1E+2], \"a\" : \"\\u00e9\\/\" }"
      })
  void anyJsonIsKeptAsItIs(String value) {
    StateKey key = StateKey.of(register(), "key");
    assertThat(apply(put(key, at(1), value)).refused()).isEmpty();
    assertThat(new String(row(key).value(), UTF_8)).isEqualTo(value);
    assertThat(states().checksums(List.of(key))).containsValue(sha256(value));
  }

  @Test
  void aRowHasItsRevisionTimesAndEnd() {
    StateKey key = StateKey.of(register(), "key");
    Instant end = now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);
    StateChange change = put(key, new Revision.OfJournal(7, 99), "1", Optional.of(end));
    apply(change);

    StoredState row = row(key);
    assertThat(row.key()).isEqualTo(key);
    assertThat(row.revision()).isEqualTo(new Revision.OfJournal(7, 99));
    assertThat(row.writtenAt()).isCloseTo(change.writtenAt(), within(1, ChronoUnit.MICROS));
    assertThat(row.expiresAt()).contains(end);
    assertThat(row.deleted()).isFalse();

    apply(put(key, new Revision.OfJournal(7, 100), "2"));
    assertThat(row(key).expiresAt()).as("a write without an end takes it away").isEmpty();
  }

  @Test
  void whatIsNotThereIsEmpty() {
    AgentId agent = register();
    assertThat(states().find(StateKey.of(agent, "key"))).isEmpty();
    assertThat(states().find(StateKey.of(AgentId.external("no uuid"), "key"))).isEmpty();
    assertThat(states().findAll(List.of())).isEmpty();
    assertThat(states().findByAgent(AgentId.external("no uuid"), "")).isEmpty();
    assertThat(states().keys(AgentId.external("no uuid"), "")).isEmpty();
    assertThat(states().keys(AgentId.random(), "")).isEmpty();
    assertThat(states().findByAgent(AgentId.random(), "")).isEmpty();
  }

  @Test
  void aDeletedKeyIsATombstone() {
    StateKey key = StateKey.of(register(), "key");
    apply(put(key, at(1), "1"));
    apply(delete(key, at(2)));

    StoredState row = row(key);
    assertThat(row.deleted()).isTrue();
    assertThat(row.value()).isEmpty();
    assertThat(row.revision()).isEqualTo(at(2));
    assertThat(states().findByAgent(key.agent(), "_.k")).hasSize(1);
    assertThat(states().findAll(List.of(key))).containsOnlyKeys(key);

    apply(put(key, at(3), "3"));
    assertThat(row(key).deleted()).isFalse();
    assertThat(json(key)).isEqualTo("3");
  }

  @Test
  void liveRowsAreCounted() {
    AgentId agent = register();
    assertThat(states().count()).isZero();
    apply(put(StateKey.of(agent, "a"), at(1), "1"), put(StateKey.of(agent, "b"), at(2), "2"));
    apply(delete(StateKey.of(agent, "b"), at(3)));
    assertThat(states().count()).isEqualTo(1);
  }

  @Test
  void aRowHasTheChecksumOfWhatWasWritten() {
    StateKey key = StateKey.of(register(), "key");
    StateKey gone = StateKey.of(key.agent(), "gone");
    StateKey missing = StateKey.of(AgentId.external("no uuid"), "key");
    apply(put(key, at(1), " 1"), delete(gone, at(2)));
    assertThat(states().checksums(List.of(key, gone, missing)))
        .containsOnly(Map.entry(key, sha256(" 1")), Map.entry(gone, sha256("")));
    assertThat(states().checksums(List.of())).isEmpty();
  }

  @Test
  void rowsOfRegisteredAgentsAreNoOrphans() {
    StateKey key = StateKey.of(register(), "key");
    apply(put(key, at(1), "1"));
    assertThat(states().orphans(10)).isEmpty();
    assertThat(
            states().removeOrphans(List.of(key, StateKey.of(AgentId.external("no uuid"), "key"))))
        .isZero();
    assertThat(states().find(key)).isPresent();
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anyLegalKeyIsKept() {
    AgentId agent = register();
    List<StateKey> keys = awkward(agent);
    List<StateChange> changes = new ArrayList<>();
    for (StateKey key : keys) {
      changes.add(put(key, at(changes.size() + 1), "" + changes.size()));
    }
    assertThat(apply(changes).refused()).isEmpty();
    for (int i = 0; i < keys.size(); i++) {
      assertThat(row(keys.get(i)).key()).isEqualTo(keys.get(i));
      assertThat(json(keys.get(i))).isEqualTo("" + i);
    }
    assertThat(states().findAll(keys).keySet()).containsExactlyInAnyOrderElementsOf(keys);
  }

  @Test
  void prefixesAreTakenLiterally() {
    AgentId agent = register();
    List<StateKey> keys = awkward(agent);
    List<StateChange> changes = new ArrayList<>();
    keys.forEach(key -> changes.add(put(key, at(changes.size() + 1), "1")));
    apply(changes);
    apply(put(StateKey.of(register(), "step_1"), at(1_000), "1"));

    Stream.concat(Stream.of("", "step_", "step%", "_", "%", "\\", "none"), texts())
        .distinct()
        .forEach(
            prefix -> {
              List<StateKey> expected =
                  keys.stream().filter(key -> key.key().startsWith(prefix)).toList();
              assertThat(states().findByAgent(agent, "_." + prefix))
                  .as("prefix '%s'", prefix)
                  .extracting(StoredState::key)
                  .containsExactlyInAnyOrderElementsOf(expected);
              assertThat(states().keys(agent, "_." + prefix))
                  .as("keys with prefix '%s'", prefix)
                  .extracting(StoredKey::key)
                  .containsExactlyInAnyOrderElementsOf(expected);
            });
  }

  @Test
  void keysComeInPagesInTheOrderOfTheirBytes() {
    AgentId agent = register();
    List<String> inOrder =
        List.of(
            "A", "B", "a", "a b", "a.b", "ab", "b", "e\u0301", "\u00e9", "\ufffd", "\ud83e\udd16");
    List<String> shuffled = new ArrayList<>(inOrder);
    Collections.shuffle(shuffled, new Random(7));
    List<StateChange> changes = new ArrayList<>();
    for (String text : shuffled) {
      changes.add(put(StateKey.of(agent, text), at(changes.size() + 1), "1"));
    }
    apply(changes);
    for (int limit : List.of(1, 2, 3, 10, 11, 50)) {
      List<String> pages = new ArrayList<>();
      List<StoredKey> page;
      do {
        String after = pages.isEmpty() ? "" : "_." + pages.get(pages.size() - 1);
        page = states().keys(agent, "", after, limit);
        page.forEach(row -> pages.add(row.key().key()));
      } while (page.size() == limit);
      assertThat(pages).as("pages of %d", limit).containsExactlyElementsOf(inOrder);
    }
    assertThat(states().keys(agent, "_.a", "_.a", 2))
        .extracting(row -> row.key().key())
        .containsExactly("a b", "a.b");
    assertThat(states().keys(AgentId.external("no uuid"), "", "", 2)).isEmpty();
  }

  @Test
  void keysAreOnlyGivenWhenAllIsApplied() {
    AgentId agent = register();
    StateKey key = StateKey.of(agent, "key");
    apply(put(key, at(1), "1"), put(StateKey.of(agent, "other"), at(2), "2"));
    JournalPosition at = position();
    UUID here = stores().sql().journals().installation();
    JournalPlace end = new JournalPlace(here, BUCKET, at.sequence(), at.messageTime());
    assertThat(states().keysIfApplied(agent, "", "", 1, end).orElseThrow())
        .extracting(row -> row.key().key())
        .containsExactly("key");
    assertThat(states().keysIfApplied(agent, "_.x", "", 1, end)).contains(List.of());
    assertThat(states().keysIfApplied(AgentId.external("none"), "", "", 1, end))
        .contains(List.of());
    for (JournalPlace elsewhere :
        List.of(
            new JournalPlace(here, BUCKET, at.sequence() + 1, at.messageTime()),
            new JournalPlace(here, BUCKET, at.sequence(), at.messageTime().plusNanos(1)),
            new JournalPlace(here, "another", at.sequence(), at.messageTime()),
            new JournalPlace(UUID.randomUUID(), BUCKET, at.sequence(), at.messageTime()))) {
      assertThat(states().keysIfApplied(agent, "", "", 9, elsewhere)).as("%s", elsewhere).isEmpty();
    }
    AgentId nobody = AgentId.random();
    apply(put(StateKey.of(nobody, "key"), at(3), "3"));
    assertThat(states().keysIfApplied(nobody, "", "", 9, end)).as("a dead letter").isEmpty();
    assertThat(states().keysIfApplied(agent, "", "", 9, end).orElseThrow()).hasSize(2);
  }

  @Test
  void theKeysOfATypeAreNoOtherTypes() {
    AgentId agent = register();
    StateKey plan = new StateKey(agent, "plan", "a");
    StateKey plan2 = new StateKey(agent, "plan-2", "a");
    StateKey note = new StateKey(agent, "note", "a");
    apply(put(plan, at(1), "1"), put(plan2, at(2), "2"), put(note, at(3), "3"));
    assertThat(states().keys(agent, "plan.")).extracting(StoredKey::key).containsExactly(plan);
    assertThat(states().findByAgent(agent, "plan-2."))
        .extracting(StoredState::key)
        .containsExactly(plan2);
    assertThat(states().keys(agent, "", "", 10))
        .extracting(StoredKey::key)
        .containsExactly(note, plan2, plan);
    assertThat(json(plan)).isEqualTo("1");
    assertThat(json(note)).isEqualTo("3");
  }

  @Test
  void manyRowsAreReadInFull() {
    AgentId agent = register();
    List<StateChange> changes = new ArrayList<>();
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      keys.add(StateKey.of(agent, "k" + i));
      changes.add(put(keys.get(i), at(i + 1), "" + i));
    }
    apply(changes);
    assertThat(states().findByAgent(agent, "_.k")).hasSize(3_000);
    List<StateKey> asked = new ArrayList<>(keys);
    asked.add(StateKey.of(agent, "missing"));
    asked.add(StateKey.of(AgentId.external("no uuid"), "k1"));
    assertThat(states().findAll(asked).keySet()).containsExactlyInAnyOrderElementsOf(keys);
  }

  @Test
  void keysAreListedBeyondAPageWithWhatDecidesWhetherTheyLive() {
    AgentId agent = register();
    List<StateChange> changes = new ArrayList<>();
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 10_001; i++) {
      keys.add(StateKey.of(agent, "k" + i));
      changes.add(put(keys.get(i), at(i + 1), "" + i));
    }
    Instant end = now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);
    StateKey ending = StateKey.of(agent, "k-ending");
    StateKey gone = StateKey.of(agent, "k-gone");
    changes.add(put(ending, at(20_000), "1", Optional.of(end)));
    changes.add(delete(gone, at(20_001)));
    changes.add(put(StateKey.of(agent, "other"), at(20_002), "1"));
    apply(changes);

    Map<StateKey, StoredKey> listed =
        states().keys(agent, "_.k").stream()
            .collect(Collectors.toMap(StoredKey::key, listing -> listing));
    assertThat(listed).hasSize(10_003).containsKeys(keys.toArray(StateKey[]::new));
    assertThat(listed.get(keys.get(7)))
        .isEqualTo(new StoredKey(keys.get(7), at(8), Optional.empty(), false));
    assertThat(listed.get(ending))
        .isEqualTo(new StoredKey(ending, at(20_000), Optional.of(end), false));
    assertThat(listed.get(gone)).isEqualTo(new StoredKey(gone, at(20_001), Optional.empty(), true));
  }

  @Test
  void sweepingTakesOldTombstonesAndExpiredRows() {
    AgentId agent = register();
    Instant longAgo = now().minus(Duration.ofDays(30));
    StateKey lateTombstone = StateKey.of(agent, "deleted long ago, and committed now");
    StateKey newTombstone = StateKey.of(agent, "new tombstone");
    StateKey expired = StateKey.of(agent, "expired");
    StateKey ending = StateKey.of(agent, "ending");
    StateKey plain = StateKey.of(agent, "plain");
    apply(
        delete(lateTombstone, at(1), longAgo),
        delete(newTombstone, at(2)),
        expired(expired, longAgo),
        put(ending, at(4), "1", Optional.of(now().plus(Duration.ofHours(1)))),
        put(plain, at(5), "1"));

    states().sweep(Duration.ofDays(7));
    assertThat(states().find(newTombstone)).isPresent();
    assertThat(states().find(lateTombstone)).isPresent();
    assertThat(states().find(ending)).isPresent();
    assertThat(states().find(plain)).isPresent();
    assertThat(states().find(expired)).isEmpty();

    elapse(Duration.ofMillis(20));
    states().sweep(Duration.ofMillis(10));
    assertThat(states().findByAgent(agent, ""))
        .extracting(StoredState::key)
        .containsExactlyInAnyOrder(ending, plain);
    assertThat(states().sweep(Duration.ofMillis(10))).isZero();
  }

  @Test
  void deletingAnAgentDeletesItsState() {
    StateKey key = StateKey.of(register(), "key");
    StateKey other = StateKey.of(register(), "key");
    apply(put(key, at(1), "1"), put(other, at(2), "2"));
    stores().sql().agents().delete(key.agent(), AgentStore.ANY);
    assertThat(states().find(key)).isEmpty();
    assertThat(states().find(other)).isPresent();
  }

  @Test
  void stateOutlivesTheRuntime() {
    StateKey key = StateKey.of(register(), "key");
    apply(put(key, at(1), "1"));
    StateStore before = states();
    stores().close();
    Failures.assertFails(DataError.CLOSED, () -> before.find(key));
    Stores later = open(config().build());
    assertThat(later.sql().states().find(key)).isPresent();
  }

  private StateChange expired(StateKey key, Instant end) {
    return put(key, at(3), "1", Optional.of(end.truncatedTo(ChronoUnit.MILLIS)));
  }

  private StateStore states() {
    return stores().sql().states();
  }

  private static Stream<String> texts() {
    return AwkwardKeys.texts().stream();
  }

  private static List<StateKey> awkward(AgentId agent) {
    return Stream.concat(
            texts(), Stream.of(AwkwardKeys.longest("k"), AwkwardKeys.longest("\ud83e\udd16")))
        .map(text -> StateKey.of(agent, text))
        .toList();
  }
}
