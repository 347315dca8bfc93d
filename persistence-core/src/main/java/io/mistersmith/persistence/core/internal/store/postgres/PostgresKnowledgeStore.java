package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Facts and embeddings in the schema {@code knowledge}. */
final class PostgresKnowledgeStore implements KnowledgeStore {

  /** How often a change runs at most where it lost against others. */
  private static final int ATTEMPTS = 5;

  private static final String FACTS =
      "SELECT "
          + FactRows.COLUMNS
          + """
             FROM (SELECT DISTINCT id::uuid AS id FROM unnest(:ids) AS g (id)) AS wanted
             JOIN knowledge.facts f ON f.fact_id = wanted.id
            WHERE TRUE
          """;

  private static final String LOCK =
      """
      SELECT valid_until, superseded_by,
             greatest(clock_timestamp(), valid_from + interval '1 microsecond') AS next
        FROM knowledge.facts
       WHERE fact_id = :fact
         FOR NO KEY UPDATE
      """;

  private static final String SUPERSEDE =
      """
      UPDATE knowledge.facts
         SET valid_until = :until::timestamptz, superseded_by = :by
       WHERE fact_id = :fact
      """;

  private static final String END =
      """
      UPDATE knowledge.facts
         SET valid_until = greatest(clock_timestamp(), valid_from + interval '1 microsecond')
       WHERE fact_id = :fact AND valid_until IS NULL
      """;

  private static final String DELETE = "DELETE FROM knowledge.facts WHERE fact_id = :fact";

  /** The vector of another writer may be zero; it is no embedding, and one is wanted. */
  private static final String HASHES =
      """
      SELECT e.fact_id, e.content_hash
        FROM unnest(:ids) AS g (id)
        JOIN knowledge.embeddings e ON e.fact_id = g.id::uuid
       WHERE e.embedding_model = :model AND e.embedding_version = :version
         AND e.embedding_vector IS NOT NULL
         AND CASE WHEN e.vector_code IS NULL
                  THEN NOT e.embedding_vector::real[] <@ ARRAY[0]::real[] ELSE TRUE END
      """;

  private static final String EMBEDDING =
      """
      SELECT text_content, array_send(embedding_vector::real[]) AS vector
        FROM knowledge.embeddings
       WHERE fact_id = :fact AND embedding_model = :model AND embedding_version = :version
         AND embedding_vector IS NOT NULL
         AND CASE WHEN vector_code IS NULL
                  THEN NOT embedding_vector::real[] <@ ARRAY[0]::real[] ELSE TRUE END
      """;

  private final Statements statements;

  PostgresKnowledgeStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public Saved saveFacts(Collection<FactRow> facts) {
    return statements.transaction(
        SqlOptions.of("save " + facts.size() + " facts").withAttempts(ATTEMPTS),
        handle -> FactRows.save(handle, facts));
  }

  @Override
  public List<StoredFact> facts(Collection<UUID> ids, Filter filter) {
    return statements.read(
        "read facts",
        handle ->
            FactConditions.bind(
                    handle.createQuery(FACTS + FactConditions.sql(filter)).bind("ids", ids(ids)),
                    filter)
                .map(FactRows::read)
                .list());
  }

  @Override
  public List<StoredFact> find(Filter filter) {
    return statements.read("find facts", handle -> FactSearch.page(handle, filter));
  }

  @Override
  public void supersede(UUID fact, FactRow by) {
    String what = "supersede fact " + fact;
    boolean unused =
        statements.transaction(
            SqlOptions.of(what).withAttempts(ATTEMPTS),
            handle -> supersede(handle, what, fact, by));
  }

  private record Ending(Optional<Instant> end, Optional<UUID> by, Instant next) {}

  private static boolean supersede(Handle handle, String what, UUID fact, FactRow by) {
    Ending ending =
        handle
            .createQuery(LOCK)
            .bind("fact", fact)
            .map(
                (row, context) ->
                    new Ending(
                        SqlTime.optional(row, "valid_until"),
                        Optional.ofNullable(row.getObject("superseded_by", UUID.class)),
                        SqlTime.get(row, "next")))
            .findOne()
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.NOT_FOUND, what + ": there is no such fact"));
    if (ending.by().filter(by.id()::equals).isPresent()) {
      return false;
    }
    if (ending.end().isPresent()) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          what
              + ": it has an end"
              + ending.by().map(other -> ", and fact " + other + " took its place").orElse(""));
    }
    Instant beginning = by.validFrom().orElse(ending.next());
    FactRows.create(
        handle,
        new FactRow(
            by.id(),
            by.entityType(),
            by.entityId(),
            by.predicate(),
            by.object(),
            by.objectType(),
            by.source(),
            by.confidence(),
            by.evidence(),
            Optional.of(beginning),
            by.validUntil(),
            by.hash()));
    return handle
            .createUpdate(SUPERSEDE)
            .bind("until", SqlTime.text(beginning))
            .bind("by", by.id())
            .bind("fact", fact)
            .execute()
        > 0;
  }

  @Override
  public boolean end(UUID fact) {
    return change("end fact " + fact, END, fact);
  }

  @Override
  public boolean delete(UUID fact) {
    return change("delete fact " + fact, DELETE, fact);
  }

  private boolean change(String what, String sql, UUID fact) {
    return statements.transaction(
        SqlOptions.of(what).withAttempts(ATTEMPTS),
        handle -> handle.createUpdate(sql).bind("fact", fact).execute() > 0);
  }

  @Override
  public Saved saveEmbeddings(Collection<Embedding> embeddings) {
    return statements.transaction(
        SqlOptions.of("save " + embeddings.size() + " embeddings").withAttempts(ATTEMPTS),
        handle -> EmbeddingUpsert.save(handle, embeddings));
  }

  @Override
  public Map<UUID, String> textHashes(Model model, Collection<UUID> facts) {
    Map<UUID, String> hashes = new HashMap<>();
    return statements.read(
        "look for embeddings by " + model,
        handle -> {
          handle
              .createQuery(HASHES)
              .bind("ids", ids(facts))
              .bind("model", model.name())
              .bind("version", model.version())
              .map(
                  (row, context) ->
                      hashes.put(
                          row.getObject("fact_id", UUID.class), row.getString("content_hash")))
              .list();
          return hashes;
        });
  }

  @Override
  public Optional<Embedding> embedding(UUID fact, Model model) {
    return statements.read(
        "read the embedding of fact " + fact + " by " + model,
        handle ->
            handle
                .createQuery(EMBEDDING)
                .bind("fact", fact)
                .bind("model", model.name())
                .bind("version", model.version())
                .map(
                    (row, context) ->
                        Embedding.of(
                            fact,
                            model,
                            row.getString("text_content"),
                            FloatArrays.read(row.getBytes("vector"))))
                .findOne());
  }

  @Override
  public List<Ranked> nearest(Neighbours wanted) {
    return statements.cursor(
        "search embeddings by " + wanted.search().model().orElseThrow(),
        handle ->
            IndexedNearest.method(handle).isPresent()
                ? IndexedNearest.run(handle, wanted)
                : ExactNearest.run(handle, wanted));
  }

  @Override
  public List<Ranked> matching(String words, Filter filter, int limit) {
    return statements.read(
        "search facts by words", handle -> FactSearch.matching(handle, words, filter, limit));
  }

  @Override
  public String searchMethod() {
    return statements.read(
        "look for pgvector",
        handle -> IndexedNearest.method(handle).orElse("exact; pgvector is not used"));
  }

  private static SqlArray ids(Collection<UUID> ids) {
    return SqlArray.text(ids.stream().map(UUID::toString).toList());
  }
}
