package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Facts and their embeddings, on a server without pgvector. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class KnowledgeSchemaIT extends OnMigratedDatabase {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  KnowledgeSchemaIT(int majorVersion) {}

  private static String fact(String object) throws SQLException {
    return single(
        """
        INSERT INTO knowledge.facts
               (entity_type, entity_id, predicate, object_value, object_type)
        VALUES ('city', 'Rome', 'is', '%s', 'text') RETURNING fact_id
        """
            .formatted(object));
  }

  private static String embed(String fact, String model, String vector, String text)
      throws SQLException {
    return single(
        "SELECT knowledge.store_embedding('%s', '%s', '1', '%s', '%s')"
            .formatted(fact, model, vector, text));
  }

  @Test
  void factOutlivesTheAgentThatFoundIt() throws SQLException {
    String agent = agent("scout");
    String fact =
        single(
            """
            INSERT INTO knowledge.facts
                   (entity_type, entity_id, predicate, object_value, object_type,
                    source_agent_id, confidence_score)
            VALUES ('city', 'Oslo', 'is', '"cold"', 'text', '%s', 0.75) RETURNING fact_id
            """
                .formatted(agent));
    database.execute("DELETE FROM agents.registry WHERE agent_id = '%s'".formatted(agent));
    assertThat(
            single(
                "SELECT concat_ws(' ', confidence_score, source_agent_id) FROM knowledge.facts"
                    + " WHERE fact_id = '%s'".formatted(fact)))
        .isEqualTo("0.75");
  }

  @Test
  @Exercises("knowledge.facts touch_updated_at")
  void changeOfAFactTouchesIt() throws SQLException {
    String fact = fact("\"small\"");
    database.execute(
        "UPDATE knowledge.facts SET updated_at = '2020-01-01Z' WHERE fact_id = '%s'"
            .formatted(fact));
    assertThat(
            single(
                "UPDATE knowledge.facts SET object_value = '\"large\"' WHERE fact_id = '%s'"
                        .formatted(fact)
                    + " RETURNING updated_at > '2020-01-01Z'"))
        .isEqualTo("t");
  }

  @Test
  void textOfMoreThanAMebibyteOfWordsIsKept() throws SQLException {
    String fact = fact("{\"text_content\": \"short\"}");
    database.execute(
        """
        UPDATE knowledge.facts
           SET object_value = (SELECT jsonb_build_object('text_content', string_agg('word' || i, ' '))
                                 FROM generate_series(1, 200000) AS i)
         WHERE fact_id = '%s'
        """
            .formatted(fact));
    assertThat(
            single(
                "SELECT length(object_value ->> 'text_content') > 1048576 FROM knowledge.facts"
                    + " WHERE fact_id = '%s'".formatted(fact)))
        .isEqualTo("t");
  }

  @Test
  @Exercises("knowledge.store_embedding")
  void embeddingOfAFactIsReplaced() throws SQLException {
    String fact = fact("\"old\"");
    String first = embed(fact, "replaced", "{1, 0}", "Rome is old");
    assertThat(embed(fact, "replaced", "{0, 1, 0}", "Rome is ancient")).isEqualTo(first);
    assertThat(
            database.query(
                "SELECT concat_ws(' ', embedding_vector, text_content, content_hash = encode("
                    + "sha256('Rome is ancient'), 'hex')) FROM knowledge.embeddings"
                    + " WHERE fact_id = '%s'".formatted(fact)))
        .containsExactly("{0,1,0} Rome is ancient t");

    database.execute("DELETE FROM knowledge.facts WHERE fact_id = '%s'".formatted(fact));
    assertThat(
            single("SELECT count(*) FROM knowledge.embeddings WHERE embedding_model = 'replaced'"))
        .isEqualTo("0");
  }

  @Test
  @Exercises("knowledge.search_similar")
  void nearestEmbeddingsComeFirst() throws SQLException {
    String east = fact("\"east\"");
    String northEast = fact("\"north-east\"");
    String west = fact("\"west\"");
    embed(west, "compass", "{-3, 0}", "west");
    embed(northEast, "compass", "{2, 2}", "north-east");
    String embedding = embed(east, "compass", "{0.5, 0}", "east");
    embed(east, "another", "{1, 0}", "east");
    database.execute(
        """
        INSERT INTO knowledge.embeddings
               (fact_id, embedding_model, embedding_version, text_content, content_hash)
        VALUES ('%s', 'compass', '1', 'not known yet', 'h')
        """
            .formatted(fact("\"somewhere\"")));

    String search =
        "SELECT %s FROM knowledge.search_similar('{7, 0}', 'compass', '1'%s) WITH ORDINALITY"
            + " ORDER BY ordinality";
    assertThat(
            database.query(search.formatted("fact_id || ' ' || round(distance::numeric, 4)", "")))
        .containsExactly(east + " 0.0000", northEast + " 0.2929", west + " 2.0000");
    assertThat(database.query(search.formatted("embedding_id", ", 1"))).containsExactly(embedding);
    assertThat(
            database.query(
                "SELECT fact_id FROM knowledge.search_similar('{1, 0, 0}', 'compass', '1')"))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT knowledge.store_embedding('%s', 'odd', '1', '{1, 2, 3}', 'other dimensions')",
        "SELECT knowledge.store_embedding('%s', 'zero', '1', '{0, 0}', 'no direction')",
        "SELECT knowledge.store_embedding('%s', 'none', '1', NULL, 'no vector')",
        "SELECT * FROM knowledge.search_similar('{0, 0}', 'odd', '%s')",
        "SELECT * FROM knowledge.search_similar(NULL, 'odd', '%s')"
      })
  void vectorWithoutDirectionOrOfOtherDimensionsIsRefused(String call) throws SQLException {
    embed(fact("\"first\""), "odd", "{1, 2}", "two dimensions");
    String fact = fact("\"second\"");
    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> database.query(call.formatted(fact)))
        .satisfies(e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("22023"));
  }

  @Test
  @Exercises({"knowledge.fact_words", "knowledge.fact_words_wanted"})
  void wordsOfAllTextsAreFoundThroughTheirIndex() throws SQLException {
    String fact = fact("{\"a\": \"The ferry\", \"b\": [\"leaves at noon\", 7]}");
    String condition = " FROM knowledge.facts WHERE words @@ knowledge.fact_words_wanted('%s', %s)";
    assertThat(database.query("SELECT fact_id" + condition.formatted("NOON ferry", "FALSE")))
        .containsExactly(fact);
    assertThat(database.query("SELECT fact_id" + condition.formatted("noon zeppelin", "FALSE")))
        .isEmpty();
    assertThat(database.query("SELECT fact_id" + condition.formatted("zeppelin noon", "TRUE")))
        .containsExactly(fact);
    assertThat(plan("SELECT fact_id" + condition.formatted("noon", "TRUE")))
        .anyMatch(line -> line.contains("idx_knowledge_facts_words"));
    assertThat(
            single("SELECT knowledge.fact_words(jsonb_build_object('a', repeat('word ', 60000)))"))
        .isEmpty();
  }

  @Test
  @Exercises({"knowledge.embeddings fix_dimensions", "knowledge.embeddings fix_changed_dimensions"})
  void vectorsOfAModelHaveOneLength() throws SQLException {
    embed(fact("\"first\""), "of_two", "{1, 0}", "text");
    String second = fact("\"second\"");
    assertRefused(
        "dimensions_of_model",
        """
        INSERT INTO knowledge.embeddings
               (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
                content_hash)
        VALUES ('%s', 'of_two', '1', '{1, 0, 0}', 'text', 'h')
        """
            .formatted(second));
    embed(second, "of_two", "{0, 1}", "text");
    assertRefused(
        "dimensions_of_model",
        "UPDATE knowledge.embeddings SET embedding_vector = '{0, 1, 0}' WHERE fact_id = '%s'"
            .formatted(second));
  }

  @Test
  @Exercises("knowledge.embeddings forget_vector_code")
  void vectorThatIsChangedWithoutItsCodeLosesIt() throws SQLException {
    String fact = fact("\"coded\"");
    embed(fact, "coded", "{1, 0}", "text");
    String code = "SELECT vector_code IS NULL FROM knowledge.embeddings WHERE fact_id = '%s'";
    String set = "UPDATE knowledge.embeddings SET %s WHERE fact_id = '" + fact + "'";
    database.execute(set.formatted("vector_code = '\\x01', embedding_vector = '{2, 0}'"));
    assertThat(single(code.formatted(fact))).isEqualTo("f");
    database.execute(set.formatted("text_content = 'other'"));
    assertThat(single(code.formatted(fact))).isEqualTo("f");
    embed(fact, "coded", "{3, 0}", "text");
    assertThat(single(code.formatted(fact))).isEqualTo("t");
  }

  @Test
  @Exercises("knowledge.embedding_search_method")
  void searchSaysThatItIsExact() throws SQLException {
    assertThat(single("SELECT knowledge.embedding_search_method()"))
        .isEqualTo("exact scan in SQL; pgvector is not installed");
  }
}
