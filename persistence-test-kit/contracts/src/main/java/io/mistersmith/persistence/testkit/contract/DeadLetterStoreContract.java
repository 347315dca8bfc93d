package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.JournalEntry.Unreadable;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The contract of a store of entries that the durable store refused. */
public abstract class DeadLetterStoreContract extends DurableContract {

  private final Agent later = Agent.of("contract", "registered later");
  private final StateKey key = StateKey.of(later.id(), "key");

  /** For implementations. */
  protected DeadLetterStoreContract() {}

  @Test
  void aRefusedEntryIsKeptWithItsReason() {
    StateChange change = put(key, at(7), "{\"secret\":1}");
    apply(change);

    assertThat(letters().count()).isEqualTo(1);
    DeadLetter letter = letters().open(10).get(0);
    assertThat(letter.bucket()).isEqualTo(BUCKET);
    assertThat(letter.subject()).isEqualTo(change.subject());
    assertThat(letter.key()).contains(key);
    assertThat(letter.revision()).isEqualTo(at(7));
    assertThat(letter.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION);
    assertThat(letter.reason()).contains("23503").doesNotContain("secret");
    assertThat(letter.writtenAt()).isCloseTo(change.writtenAt(), within(1, ChronoUnit.MICROS));
  }

  @Test
  void theOldestAreListedFirst() {
    for (int i = 1; i <= 4; i++) {
      apply(put(StateKey.of(later.id(), "k" + i), at(i), "1"));
      elapse(Duration.ofMillis(5));
    }
    assertThat(letters().open(10))
        .extracting(letter -> letter.key().orElseThrow().key())
        .containsExactly("k1", "k2", "k3", "k4");
    assertThat(letters().open(2)).hasSize(2);
    assertThat(letters().count()).isEqualTo(4);
  }

  @Test
  void theyAreFoundByKeyRevisionAndSubject() {
    StateChange change = put(key, at(7), "1");
    apply(change);
    assertThat(letters().openFor(BUCKET, key, at(7))).isPresent();
    assertThat(letters().openFor(BUCKET, key, at(3))).isPresent();
    assertThat(letters().openFor(BUCKET, key, at(8))).isEmpty();
    assertThat(letters().openFor("ANOTHER", key, at(7))).isEmpty();
    assertThat(letters().openFor(BUCKET, StateKey.of(later.id(), "other"), at(1))).isEmpty();
    assertThat(letters().openSubjects(BUCKET)).containsExactly(change.subject());
    assertThat(letters().openSubjects("ANOTHER")).isEmpty();
  }

  @Test
  void aLaterSuccessSupersedesThem() {
    StateKey other = StateKey.of(later.id(), "other");
    apply(put(key, at(1), "1"), put(other, at(2), "2"));
    register(later);
    apply(put(key, at(3), "3"));
    assertThat(letters().open(10)).extracting(DeadLetter::key).containsExactly(Optional.of(other));
    assertThat(letters().openFor(BUCKET, key, at(1))).isEmpty();
    assertThat(json(key)).isEqualTo("3");
  }

  @Test
  void aReplayWritesTheEntryOnceTheCauseIsGone() {
    apply(put(key, at(1), "{\"a\":[1,2]}"));
    UUID id = letters().open(1).get(0).id();
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> letters().replay(id));
    assertThat(letters().count()).as("it stays open").isEqualTo(1);

    register(later);
    assertThat(letters().replay(id)).isTrue();
    assertThat(json(key)).isEqualTo("{\"a\":[1,2]}");
    assertThat(row(key).revision()).isEqualTo(at(1));
    assertThat(letters().count()).isZero();
    assertThat(letters().openSubjects(BUCKET)).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> letters().replay(id));
  }

  @Test
  void aReplayedEntryComesFromWhereItCameFrom() {
    HybridTimestamp first = new HybridTimestamp(41, 3, "a");
    HybridTimestamp second = new HybridTimestamp(42, 0, "b");
    Provenance from = new Provenance(second, VectorClock.empty().tick(first).tick(second));
    StateChange change = put(key, at(1), "1");
    apply(
        new StateChange(
            change.subject(),
            change.key(),
            change.operation(),
            change.value(),
            change.revision(),
            change.writtenAt(),
            change.expiresAt(),
            Optional.of(from)));
    apply(put(StateKey.of(later.id(), "plain"), at(2), "2"));
    register(later);
    for (DeadLetter letter : letters().open(2)) {
      letters().replay(letter.id());
    }
    assertThat(row(key).provenance()).contains(from);
    assertThat(row(StateKey.of(later.id(), "plain")).provenance()).isEmpty();
  }

  @Test
  void replayingInTheWrongOrderNeverGoesBack() {
    apply(put(key, at(1), "1"));
    elapse(Duration.ofMillis(5));
    apply(put(key, at(2), "2"));
    List<DeadLetter> open = letters().open(10);
    register(later);
    letters().replay(open.get(open.size() - 1).id());
    if (letters().count() > 0) {
      assertThat(letters().replay(letters().open(1).get(0).id())).isTrue();
    }
    assertThat(json(key)).isEqualTo("2");
    assertThat(letters().count()).isZero();
  }

  @Test
  void manyAreReplayedAsOneByOne() {
    List<StateChange> refused = new ArrayList<>();
    for (int i = 1; i <= 120; i++) {
      AgentId agent = i % 40 == 7 ? AgentId.random() : later.id();
      refused.add(put(StateKey.of(agent, "key-" + i % 100), at(i), Integer.toString(i)));
    }
    apply(refused.toArray(StateChange[]::new));
    List<DeadLetter> open = letters().open(200);
    assertThat(open).hasSize(120);
    register(later);
    UUID none = UUID.randomUUID();
    List<UUID> ids = new ArrayList<>(open.stream().map(DeadLetter::id).toList());
    ids.add(60, none);

    Map<UUID, DataResult<Boolean>> results = letters().replayAll(ids);

    assertThat(results.keySet()).containsExactlyElementsOf(ids);
    for (DeadLetter letter : open) {
      boolean unknown = !letter.key().orElseThrow().agent().equals(later.id());
      DataResult<Boolean> result = Objects.requireNonNull(results.get(letter.id()));
      assertThat(result.failure().map(PersistenceException::error))
          .isEqualTo(unknown ? Optional.of(DataError.CONSTRAINT_VIOLATION) : Optional.empty());
    }
    assertThat(Objects.requireNonNull(results.get(none)).failure().map(e -> e.error()))
        .contains(DataError.NOT_FOUND);
    assertThat(letters().count()).as("they stay open").isEqualTo(3);
    assertThat(json(StateKey.of(later.id(), "key-13"))).as("the later of two").isEqualTo("113");
    assertThat(json(StateKey.of(later.id(), "key-50"))).isEqualTo("50");
    assertThat(letters().replayAll(List.of())).isEmpty();
  }

  @Test
  void aReplayedDeleteIsATombstone() {
    apply(put(key, at(1), "bad"));
    register(later);
    apply(delete(key, at(2)));
    assertThat(row(key).deleted()).isTrue();
    assertThat(letters().count()).as("the delete supersedes the write").isZero();
  }

  @Test
  void aForeignSubjectHasNoKeyAndStaysOpen() {
    StateChange foreign =
        new StateChange(
            "$KV." + BUCKET + ".lonely",
            Optional.empty(),
            Operation.PUT,
            "1".getBytes(UTF_8),
            at(1),
            now(),
            Optional.empty());
    apply(foreign);
    DeadLetter letter = letters().open(1).get(0);
    assertThat(letter.key()).isEmpty();
    assertThat(letter.key()).isEmpty();
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> letters().replay(letter.id()));
    assertThat(letters().count()).isEqualTo(1);
  }

  @Test
  void whateverAMessageHoldsIsKeptToTheByte() {
    StateKey neighbour = StateKey.of(register(), "neighbour");
    Random random = new Random(4);
    List<StateChange> foreign = new ArrayList<>();
    for (String rest :
        List.of(
            "a\u0000b",
            "\u0000",
            "a\\u0000b",
            "a\\\\u0000b",
            "\\\u0000",
            "half \ud83e",
            "\udd16 half",
            "\ud83e\udd16",
            "\ufffd",
            "\u0001\u0007\u001b[31m\u007f",
            "'; DROP TABLE agents.dead_letters; --",
            "long".repeat(20_000))) {
      foreign.add(foreign(rest, foreign.size() + 1, random));
    }
    for (int i = 0; i < 200; i++) {
      foreign.add(foreign(awkward(random), foreign.size() + 1, random));
    }
    List<StateChange> batch = new ArrayList<>(foreign);
    batch.add(put(neighbour, at(batch.size() + 1), "1"));

    assertThat(apply(batch).refused()).hasSize(foreign.size());
    assertThat(json(neighbour)).isEqualTo("1");
    List<DeadLetter> open = letters().open(1_000);
    assertThat(open)
        .extracting(DeadLetter::subject)
        .containsExactlyElementsOf(foreign.stream().map(StateChange::subject).toList());
    assertThat(letters().openSubjects(BUCKET))
        .containsExactlyInAnyOrderElementsOf(
            foreign.stream().map(StateChange::subject).collect(Collectors.toSet()));
    for (int i = 0; i < foreign.size(); i++) {
      StateChange kept = letters().change(open.get(i).id()).orElseThrow();
      assertThat(kept.subject()).isEqualTo(foreign.get(i).subject());
      assertThat(kept.value()).isEqualTo(foreign.get(i).value());
      assertThat(kept.operation()).isEqualTo(foreign.get(i).operation());
      assertThat(kept.revision()).isEqualTo(foreign.get(i).revision());
      assertThat(kept.unreadable().map(Unreadable::headers).orElse(null))
          .isEqualTo(foreign.get(i).unreadable().map(Unreadable::headers).orElse(null));
    }
  }

  /** A message on a subject that is no key, every second one of which has unreadable headers. */
  private StateChange foreign(String rest, int sequence, Random random) {
    return new StateChange(
        "$KV." + BUCKET + "." + rest,
        Optional.empty(),
        sequence % 5 == 0 ? Operation.DELETE : Operation.PUT,
        bytes(random),
        at(sequence),
        now(),
        sequence % 3 == 0 ? Optional.of(Instant.MAX) : Optional.empty(),
        Optional.empty(),
        sequence % 2 == 0
            ? Optional.of(new Unreadable("not to be read: " + rest, bytes(random)))
            : Optional.empty());
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(64)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Texts of characters that need care, and of any others. */
  private static String awkward(Random random) {
    String care = "\u0000\\u\ud83e\udd16/.\ufffd";
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(40);
    for (int i = 0; i < length; i++) {
      text.append(
          random.nextBoolean()
              ? care.charAt(random.nextInt(care.length()))
              : (char) random.nextInt(0x1_0000));
    }
    return text.toString();
  }

  @Test
  void whatCouldNotBeReadIsADeadLetterAlsoOnALegalKey() {
    AgentId agent = register();
    StateKey mine = StateKey.of(agent, "key");
    StateChange good = put(mine, at(1), "1");
    apply(
        new StateChange(
            good.subject(),
            good.key(),
            good.operation(),
            good.value(),
            good.revision(),
            good.writtenAt(),
            good.expiresAt(),
            Optional.empty(),
            Optional.of(new Unreadable("the headers have no end", new byte[] {'N', 0, 'A'}))));
    DeadLetter letter = letters().open(1).get(0);
    assertThat(letter.error()).isEqualTo(DataError.SERIALIZATION_ERROR);
    assertThat(letter.reason()).contains("the headers have no end");
    assertThat(letter.key().orElseThrow().key()).isEqualTo("key");
    assertThat(letters().openFor(BUCKET, mine, at(1))).isPresent();
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> letters().replay(letter.id()));
    apply(put(mine, at(2), "2"));
    assertThat(letters().count()).as("a later write supersedes it").isZero();
    assertThat(letters().change(letter.id())).isEmpty();
  }

  @Test
  void theyAreFoundByAgentOldestFirst() {
    apply(put(StateKey.of(later.id(), "b"), at(1), "1"));
    apply(put(StateKey.of(later.id(), "a"), at(2), "2"));
    assertThat(letters().openForAgent(BUCKET, key.agent()).orElseThrow().key())
        .contains(StateKey.of(key.agent(), "b"));
    assertThat(letters().openForAgent("ANOTHER", key.agent())).isEmpty();
    assertThat(letters().openForAgent(BUCKET, AgentId.random())).isEmpty();
  }

  @Test
  void theyArePagedByWhatMatches() {
    AgentId registered = register();
    Instant began = now();
    for (int i = 1; i <= 7; i++) {
      apply(put(StateKey.of(later.id(), "k" + i), at(i), "1"));
    }
    elapse(Duration.ofMillis(20));
    Instant between = now();
    apply(put(StateKey.of(registered, "no json"), at(8), "{"));
    DeadLetters.Filter all = DeadLetters.Filter.all();
    assertThat(sequences(all, 3)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    assertThat(sequences(all.ofAgent(registered), 3)).containsExactly(8L);
    assertThat(sequences(all.withSqlState("23503"), 2)).hasSize(7).doesNotContain(8L);
    assertThat(sequences(all.withError(DataError.SERIALIZATION_ERROR), 2)).containsExactly(8L);
    assertThat(sequences(all.writtenBetween(began.minusSeconds(1), between), 2))
        .hasSize(7)
        .doesNotContain(8L);
    assertThat(sequences(all.withSqlState("P0001"), 2)).isEmpty();
  }

  private List<Long> sequences(DeadLetters.Filter filter, int pageSize) {
    List<Long> sequences = new ArrayList<>();
    List<DeadLetter> page = letters().page(filter, Optional.empty(), pageSize);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(pageSize);
      page.forEach(letter -> sequences.add(letter.revision().sequence()));
      page = letters().page(filter, Optional.of(page.get(page.size() - 1)), pageSize);
    }
    return sequences;
  }

  @Test
  void replayingWhatIsNotThereFails() {
    assertFails(DataError.NOT_FOUND, () -> letters().replay(UUID.randomUUID()));
    assertThat(letters().open(10)).isEmpty();
    assertThat(letters().count()).isZero();
  }

  private void register(Agent agent) {
    stores().sql().agents().save(agent, AgentStore.NONE);
  }

  private DeadLetterStore letters() {
    return stores().sql().deadLetters();
  }
}
