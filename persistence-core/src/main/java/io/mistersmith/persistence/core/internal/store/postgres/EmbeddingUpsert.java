package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Writes rows of {@code knowledge.embeddings}, with the codes of their vectors. */
final class EmbeddingUpsert {

  /**
   * Those that its embeddings have. Of several rows, where a runtime sees the models of all
   * tenants, one is the caller's.
   */
  private static final String DIMENSIONS =
      """
      SELECT m.dimensions
        FROM knowledge.embedding_models m
       WHERE m.embedding_model = :model AND m.embedding_version = :version
         AND EXISTS (
           SELECT FROM knowledge.embeddings e
            WHERE e.embedding_model = :model AND e.embedding_version = :version
              AND e.embedding_vector IS NOT NULL)
      """;

  /** The cast is there with pgvector, too, whose column takes the array as it is. */
  private static final String SAVE =
      """
      WITH given AS (
        SELECT g.id::uuid AS id, g.model, g.version, g.vector::real[] AS vector, g.text, g.hash,
               g.code
          FROM unnest(:ids, :models, :versions, :vectors, :texts, :hashes, :codes)
            AS g (id, model, version, vector, text, hash, code))
      INSERT INTO knowledge.embeddings AS e
             (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
              content_hash, vector_code)
      SELECT g.id, g.model, g.version, g.vector, g.text, g.hash, g.code
        FROM given g
        LEFT JOIN knowledge.embeddings o
          ON o.fact_id = g.id AND o.embedding_model = g.model AND o.embedding_version = g.version
       WHERE o.content_hash IS DISTINCT FROM g.hash
          OR o.embedding_vector::real[] IS DISTINCT FROM g.vector
       ORDER BY g.id, g.model, g.version
      ON CONFLICT (fact_id, embedding_model, embedding_version) DO UPDATE
         SET embedding_vector = EXCLUDED.embedding_vector, text_content = EXCLUDED.text_content,
             content_hash = EXCLUDED.content_hash, vector_code = EXCLUDED.vector_code,
             created_at = EXCLUDED.created_at
      RETURNING (xmax = 0)
      """;

  /** A statement's vectors have no more numbers, of about 11 characters each. */
  private static final int MOST_NUMBERS = 1_000_000;

  private static final Comparator<Embedding> LOCKED_FIRST =
      Comparator.comparing((Embedding embedding) -> embedding.fact().toString())
          .thenComparing(embedding -> embedding.model().name())
          .thenComparing(embedding -> embedding.model().version());

  private EmbeddingUpsert() {}

  /** Saves embeddings in a transaction, except for those that are as they were. */
  static Saved save(Handle handle, Collection<Embedding> embeddings) {
    checkDimensions(handle, embeddings);
    int created = 0;
    int updated = 0;
    for (List<Embedding> part : parts(embeddings, MOST_NUMBERS)) {
      Saved saved = savePart(handle, part);
      created += saved.created();
      updated += saved.updated();
    }
    return new Saved(created, updated, embeddings.size() - created - updated);
  }

  /** In one order, so that of two batches with the same embeddings one waits for the other. */
  static List<List<Embedding>> parts(Collection<Embedding> embeddings, int mostNumbers) {
    List<List<Embedding>> parts = new ArrayList<>();
    int numbers = mostNumbers;
    for (Embedding embedding : embeddings.stream().sorted(LOCKED_FIRST).toList()) {
      int length = embedding.vector().length;
      if (parts.isEmpty() || numbers + length > mostNumbers) {
        parts.add(new ArrayList<>());
        numbers = 0;
      }
      parts.get(parts.size() - 1).add(embedding);
      numbers += length;
    }
    return parts;
  }

  private static Saved savePart(Handle handle, Collection<Embedding> embeddings) {
    List<Boolean> created =
        handle
            .createQuery(SAVE)
            .bind("ids", column(embeddings, embedding -> embedding.fact().toString()))
            .bind("models", column(embeddings, embedding -> embedding.model().name()))
            .bind("versions", column(embeddings, embedding -> embedding.model().version()))
            .bind("vectors", column(embeddings, embedding -> FloatArrays.text(embedding.vector())))
            .bind("texts", column(embeddings, Embedding::text))
            .bind("hashes", column(embeddings, EmbeddingUpsert::hash))
            .bind(
                "codes",
                SqlArray.bytes(
                    embeddings.stream().map(each -> VectorCode.of(each.vector())).toList()))
            .mapTo(Boolean.class)
            .list();
    int fresh = (int) created.stream().filter(isNew -> isNew).count();
    return new Saved(fresh, created.size() - fresh, embeddings.size() - created.size());
  }

  private static SqlArray column(
      Collection<Embedding> embeddings, Function<Embedding, String> value) {
    return SqlArray.text(embeddings.stream().map(value).toList());
  }

  private static String hash(Embedding embedding) {
    return Digests.sha256Hex(embedding.text().getBytes(StandardCharsets.UTF_8));
  }

  /** Says which embedding is refused. A trigger refuses what others fix meanwhile. */
  private static void checkDimensions(Handle handle, Collection<Embedding> embeddings) {
    Map<Model, Set<Integer>> known = new HashMap<>();
    for (Embedding embedding : embeddings) {
      int given = embedding.vector().length;
      Set<Integer> there =
          known.computeIfAbsent(embedding.model(), model -> dimensions(handle, model));
      if (there.isEmpty()) {
        there.add(given);
      }
      if (!there.contains(given)) {
        throw new NonTransientPersistenceException(
            DataError.CONSTRAINT_VIOLATION,
            embedding + " is refused: those of the model have " + there.iterator().next());
      }
    }
  }

  /** Returns how many numbers the vectors of a model have; empty when it has had none. */
  private static Set<Integer> dimensions(Handle handle, Model model) {
    return new HashSet<>(
        handle
            .createQuery(DIMENSIONS)
            .bind("model", model.name())
            .bind("version", model.version())
            .mapTo(Integer.class)
            .list());
  }
}
