package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Hit;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.knowledge.SearchQuery.Metric;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What {@link Knowledge} promises about embeddings and search, with pgvector or without. With it
 * the set {@code vector} is applied for {@value #DIMENSIONS} dimensions.
 */
public abstract class KnowledgeSearchContract extends PersistenceContract {

  /** How many numbers the vectors of this contract have. */
  public static final int DIMENSIONS = 8;

  private static final Model MODEL = new Model("m", "1");
  private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

  /** For the runner's subclass. */
  protected KnowledgeSearchContract() {}

  private Knowledge knowledge() {
    return persistence().knowledge();
  }

  private Stored fact(String text) {
    return knowledge().save(Fact.of("note", text, "says", text).withValidFrom(LONG_AGO));
  }

  private UUID embedded(String text, double first, double second) {
    UUID fact = fact(text).id();
    knowledge().embed(List.of(Embedding.of(fact, MODEL, text, vector(first, second))));
    return fact;
  }

  static float[] vector(double first, double second) {
    float[] vector = new float[DIMENSIONS];
    vector[0] = (float) first;
    vector[1] = (float) second;
    return vector;
  }

  private List<UUID> found(SearchQuery query) {
    return knowledge().search(query).stream().map(hit -> hit.fact().id()).toList();
  }

  @Test
  void anEmbeddingIsReadBackAsItWasSaved() {
    UUID fact = fact("one").id();
    Embedding first = Embedding.of(fact, MODEL, "one", vector(0.1, -3.4e-20));
    Embedding other = Embedding.of(fact, new Model("m", "2"), "one, too", vector(1, 1.0e7));
    assertThat(knowledge().embed(List.of(first, other))).isEqualTo(new Saved(2, 0, 0));
    assertThat(knowledge().embedding(fact, MODEL)).contains(first);
    assertThat(knowledge().embedding(fact, other.model())).contains(other);
    assertThat(knowledge().embedding(fact, new Model("m", "3"))).isEmpty();
    assertThat(knowledge().delete(fact)).isTrue();
    assertThat(knowledge().embedding(fact, MODEL)).isEmpty();
  }

  @Test
  void whatIsUnchangedIsNotWritten() {
    List<Embedding> embeddings = new ArrayList<>();
    Map<UUID, String> texts = new HashMap<>();
    for (int i = 0; i < 10; i++) {
      UUID fact = fact("t" + i).id();
      embeddings.add(Embedding.of(fact, MODEL, "t" + i, vector(1, i)));
      texts.put(fact, "t" + i);
    }
    assertThat(knowledge().unembedded(MODEL, texts)).isEqualTo(texts.keySet());
    assertThat(knowledge().embed(embeddings)).isEqualTo(new Saved(10, 0, 0));
    assertThat(knowledge().embed(embeddings)).isEqualTo(new Saved(0, 0, 10));
    assertThat(knowledge().unembedded(MODEL, texts)).isEmpty();
    UUID third = embeddings.get(3).fact();
    texts.put(third, "new");
    assertThat(knowledge().unembedded(MODEL, texts)).containsExactly(third);
    assertThat(knowledge().unembedded(new Model("m", "2"), texts)).hasSize(10);
    embeddings.set(3, Embedding.of(third, MODEL, "new", vector(1, 3)));
    embeddings.set(4, Embedding.of(embeddings.get(4).fact(), MODEL, "t4", vector(4, 1)));
    assertThat(knowledge().embed(embeddings)).isEqualTo(new Saved(0, 2, 8));
    assertThat(knowledge().embedding(third, MODEL)).contains(embeddings.get(3));
    assertThat(found(SearchQuery.near(MODEL, vector(4, 1)).withLimit(1)))
        .containsExactly(embeddings.get(4).fact());
  }

  @Test
  void whatIsChangedMeanwhileMeetsTheFilterStill() throws Exception {
    UUID moved = embedded("one", 1, 0);
    UUID ended = embedded("one, too", 1, 0);
    UUID kept = embedded("one as well", 1, 0);
    SearchQuery query =
        SearchQuery.near(MODEL, vector(1, 0)).within(FactQuery.all().withEntityType("note"));
    Faults faults = new Faults(1);
    Knowledge slow = open(config().build(), faults).knowledge();
    try (Gate gate = faults.on(Call.SQL_READ).pauseAfter()) {
      CompletableFuture<List<Hit>> hits = OwnThread.supply(() -> slow.search(query));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      knowledge().save(Fact.of("secret", "one", "says", "one").withId(moved));
      assertThat(knowledge().end(ended)).isTrue();
      elapse(Duration.ofMillis(1));
      gate.release();
      assertThat(hits.get(SOON.toSeconds(), TimeUnit.SECONDS))
          .extracting(hit -> hit.fact().id())
          .containsExactly(kept);
    }
  }

  @Test
  void aLargeObjectHasNoWords() {
    Stored large = knowledge().save(Fact.of("note", "n", "says", "trains " + "x ".repeat(150_000)));
    Stored small = knowledge().save(Fact.of("note", "n", "says", "trains"));
    assertThat(knowledge().search("trains"))
        .extracting(hit -> hit.fact().id())
        .containsExactly(small.id());
    assertThat(knowledge().find(large.id())).contains(large);
  }

  @Test
  void whatIsNoVectorOfTheModelIsRefused() {
    UUID fact = embedded("one", 1, 0);
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> knowledge().embed(List.of(Embedding.of(fact("two").id(), MODEL, "two", 1, 2))));
    assertFails(
        DataError.CONSTRAINT_VIOLATION, () -> knowledge().search(SearchQuery.near(MODEL, 1, 2)));
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () ->
            knowledge().embed(List.of(Embedding.of(UUID.randomUUID(), MODEL, "x", vector(1, 0)))));
    assertThatThrownBy(() -> Embedding.of(fact, MODEL, "x", new float[DIMENSIONS]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SearchQuery.near(MODEL, Float.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(found(SearchQuery.near(MODEL, vector(1, 0)))).containsExactly(fact);
    assertThat(found(SearchQuery.near(new Model("m", "2"), vector(1, 0)))).isEmpty();
  }

  @Test
  void theNearestComeFirstByEachMetric() {
    UUID east = embedded("east", 1, 0);
    UUID far = embedded("far east", 10, 1);
    UUID north = embedded("north", 0, 2);
    UUID west = embedded("west", -1, 0);
    SearchQuery query = SearchQuery.near(MODEL, vector(2, 0));
    assertThat(found(query)).containsExactly(east, far, north, west);
    assertThat(found(query.by(Metric.L2))).containsExactly(east, north, west, far);
    assertThat(found(query.by(Metric.INNER_PRODUCT))).containsExactly(far, east, north, west);
    assertThat(found(query.withLimit(2))).containsExactly(east, far);
    assertDistances(query, 0, 1 - 10 / Math.sqrt(101), 1, 2);
    assertDistances(query.by(Metric.L2), 1, Math.sqrt(8), 3, Math.sqrt(65));
    assertDistances(query.by(Metric.INNER_PRODUCT), -20, -2, 0, 2);
  }

  private void assertDistances(SearchQuery query, double... expected) {
    List<Hit> hits = knowledge().search(query);
    for (int i = 0; i < expected.length; i++) {
      assertThat(hits.get(i).distance().orElseThrow()).isEqualTo(expected[i], offset(1e-5));
    }
  }

  @Test
  void onlyWhatTheFilterSelectsIsFound() {
    UUID east = embedded("east", 1, 0);
    UUID late = embedded("late east", 1, 0.1);
    Stored agents =
        knowledge()
            .save(
                Fact.of("note", "x", "hears", Map.of("place", "east"))
                    .withSource(agent())
                    .withConfidence(0.4)
                    .withValidFrom(LONG_AGO.plusSeconds(9)));
    knowledge().embed(List.of(Embedding.of(agents.id(), MODEL, "x", vector(1, 0.2))));
    SearchQuery query = SearchQuery.near(MODEL, vector(1, 0));
    FactQuery all = FactQuery.all();
    assertThat(found(query)).containsExactly(east, late, agents.id());
    assertThat(found(query.within(all.withPredicate("hears")))).containsExactly(agents.id());
    assertThat(found(query.within(all.withSource(agent())))).containsExactly(agents.id());
    assertThat(found(query.within(all.withConfidence(0.4)))).containsExactly(agents.id());
    assertThat(found(query.within(all.withConfidence(0.5)))).isEmpty();
    assertThat(found(query.within(all.withObjectType("object")))).containsExactly(agents.id());
    assertThat(found(query.within(all.containing(Map.of("place", "east")))))
        .containsExactly(agents.id());
    assertThat(found(query.within(all.matching("late")))).containsExactly(late);
    assertThat(found(query.within(FactQuery.about("note", "east")))).containsExactly(east);
    assertThat(found(query.within(all.withEntityType("note").withPredicate("says"))))
        .containsExactly(east, late);
    assertThat(found(query.within(all.validAt(LONG_AGO)))).containsExactly(east, late);
    assertThat(found(query.within(all.withPredicate("' OR TRUE --")))).isEmpty();
    assertThat(knowledge().end(east)).isTrue();
    elapse(Duration.ofMillis(1));
    assertThat(found(query)).containsExactly(late, agents.id());
    assertThat(found(query.within(all.ofAllTimes()))).containsExactly(east, late, agents.id());
  }

  @Test
  void wordsRankWhatHasMoreOfThem() {
    UUID once = fact("the ferry leaves at noon").id();
    UUID twice = fact("ferry after ferry at the ferry port").id();
    fact("a train");
    assertThat(found(SearchQuery.matching("ferry"))).containsExactly(twice, once);
    assertThat(found(SearchQuery.matching("ferry zeppelin"))).containsExactly(twice, once);
    assertThat(found(SearchQuery.matching("ferry").withLimit(1))).containsExactly(twice);
    assertThat(found(SearchQuery.matching("zeppelin"))).isEmpty();
    assertThat(found(SearchQuery.matching("...!"))).isEmpty();
    assertThat(
            found(
                SearchQuery.matching("ferry")
                    .within(FactQuery.about("note", "the ferry leaves at noon"))))
        .containsExactly(once);
    assertThat(knowledge().search("train")).hasSize(1);
  }

  @Test
  void whatIsGoodInBothListsWins() {
    UUID nearest = embedded("a harbour", 1, 0);
    UUID both = embedded("ferry, harbour, ferry", 1, 0.2);
    UUID far = embedded("ferry", -1, 0);
    List<Hit> hits =
        knowledge().search(SearchQuery.near(MODEL, vector(1, 0)).withWords("ferry").withLimit(3));
    assertThat(hits.get(0).fact().id()).isEqualTo(both);
    assertThat(hits).extracting(hit -> hit.fact().id()).contains(nearest, far);
    assertThat(hits.get(0).score()).isGreaterThan(hits.get(1).score());
    assertThat(hits.get(0).distance()).isPresent();
    UUID silent = fact("ferry ferry ferry ferry").id();
    List<Hit> more =
        knowledge().search(SearchQuery.near(MODEL, vector(1, 0)).withWords("ferry").withLimit(4));
    assertThat(more)
        .filteredOn(hit -> hit.fact().id().equals(silent))
        .allSatisfy(hit -> assertThat(hit.distance()).isEmpty())
        .hasSize(1);
  }

  @Test
  void missesNoNeighbour() {
    Random random = new Random(42);
    List<Embedding> embeddings = new ArrayList<>();
    List<Fact> facts = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      Fact fact = Fact.of("note", "n" + i % 3, "says", i).withValidFrom(LONG_AGO);
      facts.add(fact);
      float[] vector = new float[DIMENSIONS];
      for (int d = 0; d < DIMENSIONS; d++) {
        vector[d] = (float) (((i * 7 + d) % 5) + random.nextGaussian() * 0.3);
      }
      embeddings.add(Embedding.of(fact.id(), MODEL, "n" + i, vector));
    }
    knowledge().saveAll(facts);
    assertThat(knowledge().embed(embeddings).created()).isEqualTo(1_500);
    for (Metric metric : Metric.values()) {
      float[] query = embeddings.get(random.nextInt(1_500)).vector();
      query[0] += 0.1f;
      List<UUID> expected =
          embeddings.stream()
              .filter(each -> facts.get(embeddings.indexOf(each)).entityId().equals("n1"))
              .sorted(Comparator.comparingDouble(each -> distance(metric, query, each.vector())))
              .limit(10)
              .map(Embedding::fact)
              .toList();
      List<UUID> found =
          found(SearchQuery.near(MODEL, query).by(metric).within(FactQuery.about("note", "n1")));
      assertThat(found).hasSize(10);
      assertThat(found.stream().filter(expected::contains).count()).isGreaterThanOrEqualTo(9);
    }
  }

  private static double distance(Metric metric, float[] one, float[] other) {
    double product = 0;
    double squares = 0;
    double oneLength = 0;
    double otherLength = 0;
    for (int i = 0; i < one.length; i++) {
      product += (double) one[i] * other[i];
      squares += Math.pow((double) one[i] - other[i], 2);
      oneLength += (double) one[i] * one[i];
      otherLength += (double) other[i] * other[i];
    }
    return switch (metric) {
      case COSINE -> -product / Math.sqrt(oneLength * otherLength);
      case L2 -> squares;
      case INNER_PRODUCT -> -product;
    };
  }

  @Test
  void manyOfOneDistanceComeInTheOrderOfTheirIds() {
    List<Fact> facts = new ArrayList<>();
    List<Embedding> embeddings = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Fact fact = Fact.of("note", "n" + i, "says", i).withValidFrom(LONG_AGO);
      facts.add(fact);
      embeddings.add(Embedding.of(fact.id(), MODEL, "same", vector(3, 4)));
    }
    knowledge().saveAll(facts);
    knowledge().embed(embeddings);
    List<UUID> found = found(SearchQuery.near(MODEL, vector(3, 4)).withLimit(300));
    assertThat(found).hasSize(300);
    assertThat(found.stream().map(UUID::toString)).isSorted();
  }

  @Test
  void joinsTheCallersTransaction() {
    UUID before = embedded("before", 1, 0);
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "learn").build();
    RuntimeException own = new IllegalStateException("of the body");
    SearchQuery query = SearchQuery.near(MODEL, vector(1, 0));
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        options,
                        tx -> {
                          Fact fact = Fact.of("note", "n", "says", "inside");
                          tx.knowledge().save(fact);
                          tx.knowledge()
                              .embed(List.of(Embedding.of(fact.id(), MODEL, "n", vector(1, 0.1))));
                          assertThat(tx.knowledge().search(query)).hasSize(2);
                          assertThat(tx.knowledge().search("inside")).hasSize(1);
                          assertThat(found(query)).as("seen by others").containsExactly(before);
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(found(query)).containsExactly(before);
    assertThat(knowledge().searchMethod()).isNotBlank();
    assertThat(Arrays.equals(query.vector(), vector(1, 0))).isTrue();
  }
}
