package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.core.internal.knowledge.StoredKnowledge;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.FactRow;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Neighbours;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Facts and embeddings as rows, and the search that reads their codes. */
class PostgresKnowledgeIT {

  private static final Model MODEL = new Model("m", "1");

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresDatabase database;

  @SuppressWarnings("NullAway.Init")
  private static PostgresStore store;

  @BeforeAll
  static void open() {
    database = PostgresDatabase.create();
    store = database.open();
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @BeforeEach
  void empty() {
    database.execute("TRUNCATE knowledge.facts CASCADE; TRUNCATE knowledge.embedding_models");
  }

  private static KnowledgeStore knowledge() {
    return store.sql().knowledge();
  }

  private static FactRow fact(String entity, String hash) {
    return fact(UUID.randomUUID(), entity, hash);
  }

  private static FactRow again(FactRow fact, String hash) {
    return fact(fact.id(), fact.entityId(), hash);
  }

  private static FactRow fact(UUID id, String entity, String hash) {
    return new FactRow(
        id,
        "city",
        entity,
        "is",
        "\"old\"",
        "text",
        Optional.empty(),
        Optional.empty(),
        "{}",
        Optional.empty(),
        Optional.empty(),
        hash);
  }

  private static List<UUID> nearest(int limit, float... query) {
    return knowledge().nearest(neighbours(limit, query)).stream().map(Ranked::fact).toList();
  }

  private static Neighbours neighbours(int limit, float... query) {
    return new Neighbours(
        SearchQuery.near(MODEL, query), new Filter(FactQuery.all(), Optional.empty()), limit);
  }

  @Test
  void whatIsUnchangedIsNeitherWrittenNorLocked() {
    FactRow fact = fact("Oslo", "h1");
    Embedding embedding = Embedding.of(fact.id(), MODEL, "old", 1, 2, 3);
    knowledge().saveFacts(List.of(fact));
    knowledge().saveEmbeddings(List.of(embedding));
    String versions =
        "SELECT concat_ws(' ', f.xmin, f.xmax, f.ctid, e.xmin, e.xmax, e.ctid)"
            + " FROM knowledge.facts f, knowledge.embeddings e";
    List<String> before = database.query(versions);
    assertThat(knowledge().saveFacts(List.of(fact))).isEqualTo(new Saved(0, 0, 1));
    assertThat(knowledge().saveEmbeddings(List.of(embedding))).isEqualTo(new Saved(0, 0, 1));
    assertThat(database.query(versions)).isEqualTo(before);
  }

  @Test
  void vectorsOfOtherWritersAreFound() {
    FactRow theirs = fact("Oslo", "h1");
    FactRow ours = fact("Rome", "h2");
    knowledge().saveFacts(List.of(theirs, ours));
    knowledge().saveEmbeddings(List.of(Embedding.of(ours.id(), MODEL, "t", 0, 1)));
    String store = "SELECT knowledge.store_embedding('%s', 'm', '1', '{%s}', 't')";
    database.query(store.formatted(theirs.id(), "1, 0"));
    assertThat(nearest(9, 1, 0)).containsExactly(theirs.id(), ours.id());
    assertThat(nearest(9, 0, 1)).containsExactly(ours.id(), theirs.id());
    database.query(store.formatted(ours.id(), "1, 0.1"));
    database.query(store.formatted(theirs.id(), "0.7, 1"));
    assertThat(nearest(9, 1, 0)).containsExactly(ours.id(), theirs.id());
    assertThat(nearest(1, 1, 0)).containsExactly(ours.id());
    assertThat(knowledge().embedding(ours.id(), MODEL).orElseThrow().vector())
        .containsExactly(1, 0.1f);
  }

  @Test
  void timesOfOtherWritersAreRead() {
    database.execute(
        """
        INSERT INTO knowledge.facts
               (entity_type, entity_id, predicate, object_value, object_type, valid_from,
                valid_until)
        VALUES ('city', 'Ur', 'is', '1', 'number', '-infinity', '2000-01-01 00:00:00 BC'),
               ('city', 'Ur', 'is', '2', 'number', '12000-01-01Z', 'infinity')
        """);
    List<FactRow> rows =
        knowledge().find(new Filter(FactQuery.all().ofAllTimes(), Optional.empty())).stream()
            .map(KnowledgeStore.StoredFact::row)
            .sorted(Comparator.comparing(FactRow::object))
            .toList();
    assertThat(rows.get(0).validFrom()).contains(Fact.EARLIEST);
    assertThat(rows.get(0).validUntil()).contains(Fact.EARLIEST.plusNanos(1_000));
    assertThat(rows.get(1).validFrom()).contains(Fact.LATEST.minusNanos(1_000));
    assertThat(rows.get(1).validUntil()).contains(Fact.LATEST);
  }

  @Test
  void rowsOfOtherWritersThatAreNoFactsArePassedOver() {
    FactRow fact = fact("Oslo", "h1");
    knowledge().saveFacts(List.of(fact));
    List<String> ids =
        database.query(
            """
            INSERT INTO knowledge.facts
                   (entity_type, entity_id, predicate, object_value, object_type)
            VALUES ('city', 'Ur', 'is', 'null', 'nothing'),
                   ('city', 'Ur', 'is', '1', '')
            RETURNING fact_id
            """);
    UUID nothing = UUID.fromString(ids.get(0));
    UUID untyped = UUID.fromString(ids.get(1));
    StoredKnowledge known = new StoredKnowledge(knowledge());
    assertThat(known.find(nothing)).isEmpty();
    assertThatThrownBy(() -> known.find(FactQuery.all()))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("fact " + untyped + " cannot be read");
    assertThat(known.delete(untyped)).isTrue();
    assertThat(known.find(FactQuery.all()))
        .extracting(Knowledge.Stored::id)
        .containsExactly(fact.id());
    assertThat(known.delete(nothing)).isTrue();
  }

  @Test
  void vectorsOfOtherWritersThatAreZeroAreNoEmbeddings() {
    FactRow zero = fact("Oslo", "h1");
    FactRow ours = fact("Rome", "h2");
    knowledge().saveFacts(List.of(zero, ours));
    knowledge().saveEmbeddings(List.of(Embedding.of(ours.id(), MODEL, "t", 0, 1)));
    database.execute(
        """
        INSERT INTO knowledge.embeddings
               (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
                content_hash)
        VALUES ('%s', 'm', '1', '{0, -0}', 't', 'h')
        """
            .formatted(zero.id()));
    assertThat(nearest(9, 1, 0)).containsExactly(ours.id());
    assertThat(knowledge().embedding(zero.id(), MODEL)).isEmpty();
    assertThat(knowledge().textHashes(MODEL, List.of(zero.id(), ours.id())))
        .containsOnlyKeys(ours.id());
    assertThat(knowledge().saveEmbeddings(List.of(Embedding.of(zero.id(), MODEL, "t", 1, 0))))
        .isEqualTo(new Saved(0, 1, 0));
    assertThat(nearest(1, 1, 0)).containsExactly(zero.id());
  }

  @Test
  void aModelsLengthHoldsForOtherWritersToo() {
    FactRow one = fact("Oslo", "h1");
    FactRow other = fact("Rome", "h2");
    knowledge().saveFacts(List.of(one, other));
    String insert =
        """
        INSERT INTO knowledge.embeddings
               (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
                content_hash)
        VALUES ('%s', 'm', '1', '{%s}', 't', 'h')
        """;
    database.execute(insert.formatted(one.id(), "1, 2, 3"));
    assertThatThrownBy(() -> database.execute(insert.formatted(other.id(), "1, 2")))
        .hasMessageContaining("those of the model have another number");
    database.execute(insert.formatted(other.id(), "4, 5, 6"));
    assertThatThrownBy(
            () ->
                database.execute(
                    "UPDATE knowledge.embeddings SET embedding_vector = '{1}' WHERE fact_id = '%s'"
                        .formatted(one.id())))
        .hasMessageContaining("those of the model have another number");
    assertThatThrownBy(
            () -> knowledge().saveEmbeddings(List.of(Embedding.of(other.id(), MODEL, "t", 1, 2))))
        .hasMessageContaining("those of the model have 3");
  }

  /** What is deleted and changed between the two statements of a search. */
  @Test
  void aSearchWhoseStatementsSeeOtherDataMissesNone() throws Exception {
    List<FactRow> facts = List.of(fact("a", "h"), fact("b", "h"), fact("c", "h"), fact("d", "h"));
    knowledge().saveFacts(facts);
    List<UUID> ids = facts.stream().map(FactRow::id).toList();
    for (int i = 0; i < 4; i++) {
      knowledge().saveEmbeddings(List.of(Embedding.of(ids.get(i), MODEL, "t", 10, i)));
    }
    AtomicInteger statements = new AtomicInteger();
    try (Handle handle = Jdbi.create(database::connect).open()) {
      handle.setSqlLogger(
          new SqlLogger() {
            @Override
            public void logBeforeExecution(StatementContext context) {
              if (statements.incrementAndGet() == 2) {
                assertThat(knowledge().delete(ids.get(0))).isTrue();
                knowledge().saveEmbeddings(List.of(Embedding.of(ids.get(1), MODEL, "far", -1, 0)));
              }
            }
          });
      handle.begin();
      assertThat(ExactNearest.run(handle, neighbours(2, 10, 0)))
          .extracting(Ranked::fact)
          .containsExactly(ids.get(2), ids.get(3));
      handle.commit();
    }
    assertThat(statements.get()).isEqualTo(4);
  }

  @Test
  void aHugeTextIsKept() {
    String words =
        IntStream.range(0, 120_000)
            .mapToObj(i -> "word" + i)
            .collect(Collectors.joining(" ", "{\"text_content\": \"", "\"}"));
    FactRow plain = fact("Oslo", "h1");
    FactRow huge =
        new FactRow(
            plain.id(),
            plain.entityType(),
            plain.entityId(),
            plain.predicate(),
            words,
            "text",
            plain.source(),
            plain.confidence(),
            plain.evidence(),
            plain.validFrom(),
            plain.validUntil(),
            plain.hash());
    assertThat(knowledge().saveFacts(List.of(huge))).isEqualTo(new Saved(1, 0, 0));
  }

  private static Future<Saved> saving(FactRow... facts) {
    FutureTask<Saved> saving = new FutureTask<>(() -> knowledge().saveFacts(List.of(facts)));
    Thread thread = new Thread(saving, "saves facts");
    thread.setDaemon(true);
    thread.start();
    await()
        .until(
            () ->
                !database
                    .query(
                        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock'")
                    .isEmpty());
    return saving;
  }

  @Test
  void aBeginningThatAnotherWriterGivesMeanwhileIsKept() throws Exception {
    FactRow fact = fact("Oslo", "h1");
    knowledge().saveFacts(List.of(fact));
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("UPDATE knowledge.facts SET valid_from = '2020-01-01Z'");
      Future<Saved> saving = saving(again(fact, "h2"));
      other.commit();
      assertThat(saving.get(60, TimeUnit.SECONDS)).isEqualTo(new Saved(0, 1, 0));
    }
    assertThat(knowledge().find(new Filter(FactQuery.all(), Optional.empty())))
        .extracting(stored -> stored.row().validFrom().orElseThrow())
        .containsExactly(Instant.parse("2020-01-01T00:00:00Z"));
  }

  /** The other one's limit is longer, so that the server ends this library's statement. */
  @Test
  void aSaveThatIsEndedForADeadlockIsRepeated() throws Exception {
    FactRow first = fact(new UUID(0, 1), "Oslo", "h1");
    FactRow second = fact(new UUID(0, 2), "Rome", "h1");
    knowledge().saveFacts(List.of(second));
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SET deadlock_timeout = '20s'");
      statement.execute("UPDATE knowledge.facts SET predicate = 'was'");
      Future<Saved> saving = saving(first, again(second, "h2"));
      statement.execute(
          "INSERT INTO knowledge.facts"
              + " (fact_id, entity_type, entity_id, predicate, object_value, object_type)"
              + " VALUES ('%s', 'city', 'Oslo', 'is', '1', 'number')".formatted(first.id()));
      other.commit();
      assertThat(saving.get(60, TimeUnit.SECONDS)).isEqualTo(new Saved(0, 2, 0));
    }
  }

  @Test
  void manyLongVectorsAreSavedTogether() {
    List<FactRow> facts = new ArrayList<>();
    List<Embedding> embeddings = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      float[] vector = new float[Embedding.MAX_DIMENSIONS];
      vector[i] = 1;
      facts.add(fact("c" + i, "h"));
      embeddings.add(Embedding.of(facts.get(i).id(), MODEL, "t", vector));
    }
    knowledge().saveFacts(facts);
    assertThat(knowledge().saveEmbeddings(embeddings)).isEqualTo(new Saved(70, 0, 0));
    embeddings.set(69, Embedding.of(facts.get(69).id(), MODEL, "new", embeddings.get(3).vector()));
    assertThat(knowledge().saveEmbeddings(embeddings)).isEqualTo(new Saved(0, 1, 69));
    assertThat(nearest(1, embeddings.get(5).vector())).containsExactly(facts.get(5).id());
  }

  /** More than are kept before vectors are read, all of them at one distance. */
  @Test
  void ofManyAtOneDistanceTheFirstIdsAreFound() {
    List<UUID> all = new ArrayList<>();
    for (int batch = 0; batch < 3; batch++) {
      List<FactRow> facts = new ArrayList<>();
      List<Embedding> embeddings = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        FactRow fact = fact("c" + i, "h");
        facts.add(fact);
        all.add(fact.id());
        embeddings.add(Embedding.of(fact.id(), MODEL, "t", 3, 4));
      }
      knowledge().saveFacts(facts);
      knowledge().saveEmbeddings(embeddings);
    }
    List<String> first = all.stream().map(UUID::toString).sorted().limit(7).toList();
    assertThat(nearest(7, 4, 3)).extracting(UUID::toString).isEqualTo(first);
  }
}
