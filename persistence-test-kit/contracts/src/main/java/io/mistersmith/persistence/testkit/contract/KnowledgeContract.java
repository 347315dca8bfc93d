package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What {@link Knowledge} promises about facts; {@link KnowledgeSearchContract} has the rest. */
public abstract class KnowledgeContract extends PersistenceContract {

  private static final Instant JANUARY = Instant.parse("2020-01-01T00:00:00.000001Z");
  private static final Instant MARCH = Instant.parse("2020-03-01T00:00:00Z");
  private static final Instant MAY = Instant.parse("2020-05-01T00:00:00Z");

  /** An object of a fact. */
  record Address(String street, int number, BigDecimal height) {}

  /** For the runner's subclass. */
  protected KnowledgeContract() {}

  private Knowledge knowledge() {
    return persistence().knowledge();
  }

  private static Fact fact(String entity, Object object) {
    return Fact.of("city", entity, "is", object);
  }

  private static List<UUID> ids(List<Stored> facts) {
    return facts.stream().map(Stored::id).toList();
  }

  private List<UUID> found(FactQuery query) {
    return ids(knowledge().find(query));
  }

  @Test
  void aFactIsReadBackAsItWasSaved() {
    Fact fact =
        fact("Oslo", Map.of("text", "\u65e5 'old\" \\", "n", 1.0e7, "list", List.of(1, "a", 2.50)))
            .withSource(agent())
            .withConfidence(0.754)
            .withEvidence(Map.of("document", "d-1", "page", 7))
            .withValidFrom(JANUARY)
            .withValidUntil(MAY);
    Stored stored = knowledge().save(fact);
    assertThat(stored.fact()).isEqualTo(fact);
    assertThat(stored.fact().confidence()).hasValue(0.75);
    assertThat(stored.createdAt()).isEqualTo(stored.updatedAt());
    assertThat(stored.supersededBy()).isEmpty();
    assertThat(knowledge().find(fact.id())).contains(stored);
    assertThat(open(config().build()).knowledge().find(fact.id())).contains(stored);
  }

  @Test
  void objectsHaveTypes() {
    List<Object> objects = List.of("old", 7, 2.5, true, List.of("a", "b"), Map.of("a", 1));
    List<String> types = new ArrayList<>();
    for (Object object : objects) {
      Stored stored = knowledge().save(fact("Oslo", object));
      assertThat(stored.fact().object()).isEqualTo(object);
      types.add(stored.fact().objectType());
    }
    assertThat(types).containsExactly("text", "number", "number", "boolean", "list", "object");
    Address address = new Address("Main", 5, new BigDecimal("12.50"));
    Fact kept = knowledge().save(fact("Oslo", address).withObjectType("address")).fact();
    assertThat(kept.objectType()).isEqualTo("address");
    assertThat(knowledge().object(kept, Address.class).street()).isEqualTo("Main");
    assertThat(knowledge().object(kept, Address.class).number()).isEqualTo(5);
    assertThat(found(FactQuery.all().withObjectType("address"))).containsExactly(kept.id());
    assertThat(knowledge().object(fact("Oslo", 7), Long.class)).isEqualTo(7L);
  }

  @Test
  void whatCannotBeKeptIsRefused() {
    assertFails(DataError.SERIALIZATION_ERROR, () -> knowledge().save(fact("Oslo", "\u0000")));
    assertFails(DataError.SERIALIZATION_ERROR, () -> knowledge().save(fact("Oslo", Double.NaN)));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> knowledge().save(fact("Oslo", 1).withSource(AgentId.random())));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> knowledge().save(fact("Oslo", 1).withValidUntil(JANUARY)));
    assertFails(
        DataError.INVALID_KEY, () -> fact("Oslo", 1).withSource(AgentId.external("visitor")));
    assertThatThrownBy(() -> fact("", 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fact("Oslo", 1).withConfidence(1.1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fact("Oslo", 1).withValidFrom(MAY).withValidUntil(MAY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(found(FactQuery.all().ofAllTimes())).isEmpty();
  }

  @Test
  void oneThatIsRefusedTakesTheBatchWithIt() {
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () ->
            knowledge()
                .saveAll(List.of(fact("Oslo", 1), fact("Rome", 2).withSource(AgentId.random()))));
    assertThat(found(FactQuery.all())).isEmpty();
    assertThat(knowledge().saveAll(List.of())).isEqualTo(new Saved(0, 0, 0));
  }

  @Test
  void whatIsUnchangedIsNotWritten() {
    List<Fact> facts =
        IntStream.range(0, 20).mapToObj(i -> fact("c" + i, Map.of("n", i, "b", "x"))).toList();
    assertThat(knowledge().saveAll(facts)).isEqualTo(new Saved(20, 0, 0));
    List<Stored> before = knowledge().find(FactQuery.all());
    elapse(Duration.ofMillis(5));
    assertThat(knowledge().saveAll(facts)).isEqualTo(new Saved(0, 0, 20));
    assertThat(knowledge().find(FactQuery.all())).isEqualTo(before);
    List<Fact> more = new ArrayList<>(facts);
    more.set(3, facts.get(3).withConfidence(0.5));
    more.set(4, facts.get(4).withObject("new"));
    more.add(fact("c20", 1));
    more.add(more.get(20).withObject(2));
    assertThat(knowledge().saveAll(more)).isEqualTo(new Saved(1, 2, 18));
    Stored changed = knowledge().find(facts.get(4).id()).orElseThrow();
    assertThat(changed.fact().object()).isEqualTo("new");
    assertThat(changed.updatedAt()).isAfter(changed.createdAt());
    assertThat(changed.fact().validFrom()).contains(validFrom(before, changed.id()));
    assertThat(knowledge().find(more.get(20).id()).orElseThrow().fact().object()).isEqualTo(2);
  }

  private static Instant validFrom(List<Stored> facts, UUID id) {
    return facts.stream()
        .filter(stored -> stored.id().equals(id))
        .flatMap(stored -> stored.fact().validFrom().stream())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void isFoundByEachCondition() {
    Stored oslo =
        knowledge()
            .save(
                Fact.of(
                        "city",
                        "Oslo",
                        "mayor",
                        Map.of("name", "Anne Lind", "terms", List.of(1, 2)))
                    .withSource(agent())
                    .withConfidence(0.9));
    Stored rome = knowledge().save(fact("Rome", "The trains were late").withConfidence(0.5));
    Stored river = knowledge().save(Fact.of("river", "Oslo", "length", 182));
    assertThat(found(FactQuery.about("city", "Oslo"))).containsExactly(oslo.id());
    assertThat(found(FactQuery.all().withEntityType("river"))).containsExactly(river.id());
    assertThat(found(FactQuery.all().withPredicate("is"))).containsExactly(rome.id());
    assertThat(found(FactQuery.all().withObjectType("number"))).containsExactly(river.id());
    assertThat(found(FactQuery.all().withSource(agent()))).containsExactly(oslo.id());
    assertThat(found(FactQuery.all().withConfidence(0.9))).containsExactly(oslo.id());
    assertThat(found(FactQuery.all().withConfidence(0.91))).isEmpty();
    assertThat(found(FactQuery.all().containing(Map.of("terms", List.of(2.0)))))
        .containsExactly(oslo.id());
    assertThat(found(FactQuery.all().containing(182))).containsExactly(river.id());
    assertThat(found(FactQuery.all().matching("late TRAINS"))).containsExactly(rome.id());
    assertThat(found(FactQuery.all().matching("late planes"))).isEmpty();
    assertThat(found(FactQuery.about("city", "Oslo").matching("anne").withConfidence(0.8)))
        .containsExactly(oslo.id());
    assertThat(found(FactQuery.all().withPredicate("' OR TRUE --"))).isEmpty();
    assertThat(found(FactQuery.all().matching("'; DROP TABLE x; --"))).isEmpty();
  }

  @Test
  void pagesGoOnAfterTheLastId() {
    knowledge().saveAll(IntStream.range(0, 9).mapToObj(i -> fact("c" + i, i)).toList());
    for (FactQuery query :
        List.of(FactQuery.all().withLimit(4), FactQuery.all().withPredicate("is").withLimit(4))) {
      List<UUID> first = found(query);
      List<UUID> second = found(query.after(first.get(3)));
      List<UUID> last = found(query.after(second.get(3)));
      assertThat(first).hasSize(4);
      assertThat(last).hasSize(1);
      List<UUID> all = new ArrayList<>(first);
      all.addAll(second);
      all.addAll(last);
      assertThat(all.stream().map(UUID::toString)).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void holdsFromItsBeginningToItsEnd() {
    Stored past = knowledge().save(fact("a", 1).withValidFrom(JANUARY).withValidUntil(MARCH));
    Stored later = knowledge().save(fact("b", 1).withValidFrom(MARCH));
    Stored future =
        knowledge().save(fact("c", 1).withValidFrom(Instant.parse("2226-01-01T00:00:00Z")));
    assertThat(found(FactQuery.all())).containsExactly(later.id());
    assertThat(found(FactQuery.all().validAt(JANUARY))).containsExactly(past.id());
    assertThat(found(FactQuery.all().validAt(JANUARY.minusNanos(1_000)))).isEmpty();
    assertThat(found(FactQuery.all().validAt(MARCH.minusNanos(1_000)))).containsExactly(past.id());
    assertThat(found(FactQuery.all().validAt(MARCH))).containsExactly(later.id());
    assertThat(found(FactQuery.all().ofAllTimes()))
        .containsExactlyInAnyOrder(past.id(), later.id(), future.id());
    assertThat(found(FactQuery.all().ofAllTimes().validAt(MARCH))).containsExactly(later.id());
  }

  @Test
  void holdsAtTimesLongAgoAndFarAhead() {
    Instant in1950 = Instant.parse("1950-01-01T00:00:00.000001Z");
    Instant in1960 = Instant.parse("1960-06-30T12:00:00Z");
    Fact old = fact("a", 1).withValidFrom(in1950).withValidUntil(in1960);
    Fact later = fact("b", 1).withValidFrom(in1960.plusMillis(1));
    Fact always = fact("c", 1).withValidFrom(Fact.EARLIEST).withValidUntil(Fact.LATEST);
    for (Fact fact : List.of(old, later, always)) {
      assertThat(knowledge().save(fact).fact()).isEqualTo(fact);
    }
    assertThat(found(FactQuery.all().validAt(in1950)))
        .containsExactlyInAnyOrder(old.id(), always.id());
    assertThat(found(FactQuery.all().validAt(in1950.minusNanos(1_000))))
        .containsExactly(always.id());
    assertThat(found(FactQuery.all().validAt(in1960))).containsExactly(always.id());
    assertThat(found(FactQuery.all())).containsExactlyInAnyOrder(later.id(), always.id());
    Fact by = fact("b", 2).withValidFrom(in1960.plusSeconds(1));
    knowledge().supersede(later.id(), by);
    assertThat(knowledge().find(later.id()).orElseThrow().fact().validUntil())
        .isEqualTo(by.validFrom());
    assertThatThrownBy(() -> old.withValidFrom(Fact.EARLIEST.minusNanos(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> old.withValidUntil(Fact.LATEST.plusNanos(1_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anotherTakesItsPlace() {
    Fact old = fact("Oslo", "small").withValidFrom(JANUARY);
    Fact by = fact("Oslo", "large").withValidFrom(MARCH);
    knowledge().save(old);
    Stored stored = knowledge().supersede(old.id(), by);
    assertThat(stored.fact()).isEqualTo(by);
    Stored ended = knowledge().find(old.id()).orElseThrow();
    assertThat(ended.supersededBy()).contains(by.id());
    assertThat(ended.fact().validUntil()).contains(MARCH);
    FactQuery oslo = FactQuery.about("city", "Oslo");
    assertThat(found(oslo)).containsExactly(by.id());
    assertThat(found(oslo.validAt(MARCH.minusMillis(1)))).containsExactly(old.id());

    assertThat(knowledge().supersede(old.id(), by)).isEqualTo(stored);
    assertFails(
        DataError.VERSION_CONFLICT, () -> knowledge().supersede(old.id(), fact("Oslo", "other")));
    assertFails(
        DataError.NOT_FOUND, () -> knowledge().supersede(UUID.randomUUID(), fact("Oslo", "other")));
    assertFails(DataError.DUPLICATE_KEY, () -> knowledge().supersede(by.id(), old));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> knowledge().supersede(by.id(), fact("Oslo", "other").withValidFrom(JANUARY)));
    assertThat(found(oslo)).containsExactly(by.id());
    assertThat(knowledge().saveAll(List.of(old))).isEqualTo(new Saved(0, 0, 1));
    knowledge().save(old.withConfidence(0.1));
    Stored corrected = knowledge().find(old.id()).orElseThrow();
    assertThat(corrected.fact().validUntil()).contains(MARCH);
    assertThat(corrected.supersededBy()).contains(by.id());
  }

  @Test
  void beginsNowWhereItDoesNotSay() {
    Stored old = knowledge().save(fact("Oslo", "small"));
    Stored by = knowledge().supersede(old.id(), fact("Oslo", "large"));
    Stored ended = knowledge().find(old.id()).orElseThrow();
    assertThat(ended.fact().validUntil()).isEqualTo(by.fact().validFrom());
    elapse(Duration.ofMillis(1));
    assertThat(found(FactQuery.about("city", "Oslo"))).containsExactly(by.id());
    assertThat(knowledge().end(by.id())).isTrue();
    assertThat(knowledge().end(by.id())).isFalse();
    assertThat(knowledge().end(UUID.randomUUID())).isFalse();
    elapse(Duration.ofMillis(1));
    assertThat(found(FactQuery.about("city", "Oslo"))).isEmpty();
    assertThat(knowledge().find(by.id())).isPresent();
  }

  @Test
  void outlivesItsSource() {
    Stored stored = knowledge().save(fact("Oslo", 1).withSource(agent()));
    persistence().agents().delete(agent());
    assertThat(knowledge().find(stored.id()).orElseThrow().fact().source()).isEmpty();
    assertThat(knowledge().delete(stored.id())).isTrue();
    assertThat(knowledge().delete(stored.id())).isFalse();
    assertThat(knowledge().find(stored.id())).isEmpty();
  }

  @Test
  void isAskedAgainWhereTheAnswerWasLost() {
    Faults faults = new Faults(1);
    Knowledge faulty = open(config().build(), faults).knowledge();
    Fact old = fact("Oslo", 1).withValidFrom(JANUARY);
    Fact by = fact("Oslo", 2).withValidFrom(MARCH);
    faults.on(Call.SQL_WRITE).loseNextAcknowledgements(1);
    assertTransient(() -> faulty.save(old));
    assertThat(faulty.saveAll(List.of(old))).isEqualTo(new Saved(0, 0, 1));
    faults.on(Call.SQL_WRITE).loseNextAcknowledgements(1);
    assertTransient(() -> faulty.supersede(old.id(), by));
    assertThat(faulty.supersede(old.id(), by).fact()).isEqualTo(by);
    assertThat(found(FactQuery.all().ofAllTimes())).hasSize(2);
    faults.on(Call.SQL_WRITE).loseNextRequests(1);
    assertTransient(() -> faulty.end(by.id()));
    assertThat(faulty.end(by.id())).isTrue();
  }

  private static void assertTransient(ThrowingCallable call) {
    assertThat(catchThrowable(call)).isInstanceOf(TransientPersistenceException.class);
  }

  @Test
  void theFirstEmbeddingOfAModelFixesItsLength() {
    Fact one = fact("Oslo", 1);
    Fact other = fact("Rome", 2);
    knowledge().saveAll(List.of(one, other));
    Model model = new Model("m", "1");
    Embedding three = Embedding.of(other.id(), model, "t", 1, 2, 3);
    TransactionOptions repeatable =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "embed")
            .isolation(Isolation.REPEATABLE_READ)
            .build();
    Throwable refused =
        catchThrowable(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        repeatable,
                        tx -> {
                          assertThat(tx.knowledge().embedding(other.id(), model)).isEmpty();
                          knowledge().embed(List.of(Embedding.of(one.id(), model, "t", 1, 2)));
                          tx.knowledge().embed(List.of(three));
                        }));
    assertThat(refused).isInstanceOf(PersistenceException.class);
    assertThat(((PersistenceException) refused).error())
        .isIn(DataError.TRANSACTION_CONFLICT, DataError.CONSTRAINT_VIOLATION);
    assertThat(knowledge().embedding(other.id(), model)).isEmpty();
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> knowledge().embed(List.of(three)));
    assertThat(knowledge().delete(one.id())).isTrue();
    assertThat(knowledge().embed(List.of(three))).isEqualTo(new Saved(1, 0, 0));
    Embedding two = Embedding.of(other.id(), model, "t", 3, 4);
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> knowledge().embed(List.of(two)));
  }

  @Test
  void joinsTheCallersTransaction() {
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "learn").build();
    Fact fact = fact("Oslo", 1);
    RuntimeException own = new IllegalStateException("of the body");
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        options,
                        tx -> {
                          tx.knowledge().save(fact);
                          assertThat(tx.knowledge().find(FactQuery.all())).hasSize(1);
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(knowledge().find(fact.id())).isEmpty();
    persistence()
        .transactions()
        .execute(
            options,
            tx -> {
              tx.knowledge().save(fact);
              tx.knowledge().supersede(fact.id(), fact.withId(UUID.randomUUID()));
              assertThat(knowledge().find(fact.id())).as("seen by others").isEmpty();
            });
    assertThat(knowledge().find(FactQuery.all().ofAllTimes())).hasSize(2);
  }
}
