package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.util.PSQLException;

/** Embeddings with pgvector. On PostgreSQL 15 alone, for which the test kit builds it. */
class PgvectorIT extends EmbeddingsContract {
  private static final String METHOD = "SELECT knowledge.embedding_search_method()";

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @BeforeAll
  static void migrate() {
    server = PostgresServer.start(PostgresOptions.defaults().withoutSync().withPgvector());
    database = new TestDatabase(server);
    VectorScripts.write(DIMENSIONS, folder);
    MigrationRunner.builder()
        .dataSource(database.dataSource())
        .set("vector", folder)
        .build()
        .apply();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  TestDatabase database() {
    return database;
  }

  @Test
  void itSaysHowItSearches() throws SQLException {
    assertThat(database.query(METHOD)).containsExactly("approximate, by an HNSW index of pgvector");
  }

  /** Its sorts, which are off, count as costly enough for JIT. */
  @Test
  void noCallOfTheSearchIsCompiled() throws SQLException {
    assertThat(
            database.query(
                "SELECT unnest(proconfig) FROM pg_proc WHERE proname = 'nearest_facts'"
                    + " AND pronamespace = 'knowledge'::regnamespace"))
        .contains("jit=off");
  }

  @Test
  void theSearchUsesTheIndex() throws SQLException {
    List<String> plan =
        database.query(
            "EXPLAIN SELECT * FROM knowledge.embeddings"
                + " ORDER BY embedding_vector OPERATOR(public.<=>) '[1,0,0,0,0,0,0,0]' LIMIT 1",
            "SET enable_seqscan = off");
    assertThat(plan).anyMatch(line -> line.contains("idx_knowledge_embeddings_vector"));
  }

  @Test
  void ivfflatIsBuiltOnDataOrNotAtAll() throws SQLException {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute("SELECT knowledge.build_ivfflat_index(1)"))
        .withMessageContaining("there are 0 embeddings, too few for 1 lists");
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute("SELECT knowledge.build_ivfflat_index(0)"))
        .withMessageContaining("give 1 to 32768");
    database.execute(
        """
        WITH f AS (
          INSERT INTO knowledge.facts
                 (entity_type, entity_id, predicate, object_value, object_type)
          SELECT 'city', i::text, 'is', '"big"', 'text' FROM generate_series(1, 60) AS i
          RETURNING fact_id, entity_id)
        SELECT knowledge.store_embedding(fact_id, 'm', '1',
                 ARRAY[1, entity_id::real, 0, 0, 0, 0, 0, 0]::real[], 'text') FROM f
        """);
    database.execute("SELECT knowledge.build_ivfflat_index(2)");
    assertThat(database.query(METHOD))
        .containsExactly("approximate, by an ivfflat index of pgvector");
    assertThat(
            database.query(
                "SELECT count(*) FROM knowledge.search_similar("
                    + "ARRAY[1, 1, 0, 0, 0, 0, 0, 0]::real[], 'm', '1', 5)"))
        .containsExactly("5");
    database.execute("SELECT knowledge.build_hnsw_index()");
    assertThat(database.query(METHOD)).containsExactly("approximate, by an HNSW index of pgvector");
  }

  @Test
  void theSetIsAppliedToRowsAndTakenBackWithThem() throws SQLException {
    TestDatabase other = TestDatabase.migrated(server);
    String fact =
        "INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value,"
            + " object_type) VALUES ('city', '1', 'is', '\"big\"', 'text')";
    other.execute(fact);
    other.execute(
        "SELECT knowledge.store_embedding((SELECT fact_id FROM knowledge.facts), 'm', '1',"
            + " ARRAY[1, 2, 3]::real[], 'text')");
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(other.dataSource()).set("vector", folder).build();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(runner::apply)
        .withMessageContaining("1 of m 1 with 3");
    other.execute("DELETE FROM knowledge.embeddings");
    other.execute(
        "SELECT knowledge.store_embedding((SELECT fact_id FROM knowledge.facts), 'm', '1',"
            + " ARRAY[1, 2, 3, 4, 5, 6, 7, 8]::real[], 'text')");
    String read = "SELECT embedding_vector::real[] FROM knowledge.embeddings";
    runner.apply();
    assertThat(other.query(read)).containsExactly("{1,2,3,4,5,6,7,8}");
    for (int version = 0; version < 4; version++) {
      runner.rollbackLast();
    }
    assertThat(other.query(read)).containsExactly("{1,2,3,4,5,6,7,8}");
    assertThat(other.query(METHOD)).containsExactly("exact scan in SQL; pgvector is not installed");
    assertThat(other.query("SELECT extname FROM pg_extension WHERE extname = 'vector'")).isEmpty();
  }

  @Test
  void factsAreFoundByEachMetricAndCondition() throws SQLException {
    database.execute(
        """
        WITH f AS (
          INSERT INTO knowledge.facts
                 (entity_type, entity_id, predicate, object_value, object_type, confidence_score)
          SELECT 'city', i::text, 'is', to_jsonb('word' || i), 'text',
                 CASE WHEN i IN (5, 6) THEN 0.5 WHEN i = 5100 THEN 1 ELSE 0.1 END
            FROM generate_series(1, 5100) AS i
          RETURNING fact_id, entity_id)
        SELECT knowledge.store_embedding(fact_id, 'm', '1',
                 ARRAY[1, entity_id::real / 10, 0, 0, 0, 0, 0, 0]::real[], 'text') FROM f
        """);
    String search =
        "SELECT entity_id || ' ' || round(distance::numeric, 3) FROM knowledge.nearest_facts("
            + "ARRAY[2, 0, 0, 0, 0, 0, 0, 0]::real[], 'm', '1', '%s', 2, now(), 'city', NULL, 'is',"
            + " NULL, NULL, %s, NULL, %s) JOIN knowledge.facts USING (fact_id)";
    assertThat(database.query(search.formatted("cosine", "NULL", "NULL")))
        .containsExactly("1 0.005", "2 0.019");
    assertThat(database.query(search.formatted("l2", "0.5", "NULL")))
        .containsExactly("5 1.118", "6 1.166");
    assertThat(database.query(search.formatted("inner_product", "NULL", "'word7'")))
        .containsExactly("7 -2.000");
    // One alone is compared past the index.
    assertThat(database.query(search.formatted("cosine", "1", "NULL")))
        .containsExactly("5100 0.998");
    // The index gives up before it reaches the only one of another model.
    database.execute(
        "SELECT knowledge.store_embedding(fact_id, 'far', '1', ARRAY[-1, 0, 0, 0, 0, 0, 0,"
            + " 0]::real[], 'text') FROM knowledge.facts WHERE entity_id = '5100'");
    assertThat(
            database.query(
                search.formatted("cosine", "NULL", "NULL").replace("'m'", "'far'"),
                "SET hnsw.max_scan_tuples = 1; SET enable_seqscan = off; SET enable_sort = off"))
        .containsExactly("5100 2.000");
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.query(search.formatted("other", "NULL", "NULL")))
        .withMessageContaining("p_metric is other: give cosine, l2 or inner_product");
  }

  @Test
  void filesThatAreThereAreNotReplaced() {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> VectorScripts.write(DIMENSIONS, folder));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VectorScripts.write(2_001, folder))
        .withMessageContaining("1 to 2,000");
  }
}
