package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Neighbours;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Finds the nearest embeddings without pgvector, and misses none: reads the {@linkplain VectorCode
 * codes} of all that may be found, keeps those that can be among the nearest by the bounds of their
 * distances, and reads the vectors of these. Its memory is bounded by the limit, and not by the
 * number of embeddings.
 */
final class ExactNearest {

  /** Rows that are fetched at once, and numbers where the rows have vectors instead of codes. */
  private static final int FETCH = 2_000;

  private static final int FETCHED_NUMBERS = 4_000_000;

  /** How many more than the limit are kept before their vectors are read. */
  private static final int MORE = 4_000;

  /** Texts of many ids are no longer than this many. */
  private static final int IDS = 500;

  private static final String CODES =
      """
      SELECT e.fact_id, e.vector_code,
             CASE WHEN e.vector_code IS NULL
                  THEN array_send(e.embedding_vector::real[]) END AS vector
        FROM knowledge.embeddings e
        JOIN knowledge.facts f ON f.fact_id = e.fact_id
       WHERE e.embedding_model = :model AND e.embedding_version = :version
         AND e.embedding_vector IS NOT NULL
      """;

  private static final String VECTORS =
      """
      SELECT fact_id, array_send(embedding_vector::real[]) AS vector
        FROM knowledge.embeddings
       WHERE fact_id = ANY (:facts::uuid[])
         AND embedding_model = :model AND embedding_version = :version
      """;

  /** An embedding that can be among the nearest, and the bounds of its distance. */
  private record Candidate(UUID fact, double least, double most) {

    boolean isExact() {
      return least == most;
    }
  }

  private static final Comparator<Candidate> NEAREST_FIRST =
      Comparator.comparingDouble(Candidate::least)
          .thenComparing(candidate -> candidate.fact().toString());

  private final Handle handle;
  private final Neighbours wanted;
  private final Model model;
  private final VectorCode.Query query;

  /** The largest of the limit's smallest upper bounds: what is farther is none of the nearest. */
  private final PriorityQueue<Double> bounds = new PriorityQueue<>(Comparator.reverseOrder());

  private List<Candidate> candidates = new ArrayList<>();

  private ExactNearest(Handle handle, Neighbours wanted) {
    SearchQuery search = wanted.search();
    this.handle = handle;
    this.wanted = wanted;
    this.model = search.model().orElseThrow();
    this.query = new VectorCode.Query(search.metric(), search.vector());
  }

  /** Runs in a transaction, so that the rows need not all be held at once. */
  static List<Ranked> run(Handle handle, Neighbours wanted) {
    return new ExactNearest(handle, wanted).run();
  }

  private List<Ranked> run() {
    Query statement =
        handle
            .createQuery(CODES + FactConditions.sql(wanted.filter()))
            .bind("model", model.name())
            .bind("version", model.version())
            .setFetchSize(Math.min(FETCH, FETCHED_NUMBERS / query.dimensions()));
    FactConditions.bind(statement, wanted.filter())
        .scanResultSet(
            (supplier, context) -> {
              var rows = supplier.get();
              while (rows.next()) {
                byte[] code = rows.getBytes(2);
                add(
                    code == null
                        ? exact(rows.getObject(1, UUID.class), FloatArrays.read(rows.getBytes(3)))
                        : bounded(rows.getObject(1, UUID.class), code));
              }
              return true;
            });
    readVectors();
    return candidates.stream()
        .sorted(NEAREST_FIRST)
        .limit(wanted.limit())
        .map(found -> new Ranked(found.fact(), found.least()))
        .toList();
  }

  private Candidate bounded(UUID fact, byte[] code) {
    requireDimensions(VectorCode.dimensions(code));
    query.compare(code);
    return new Candidate(fact, query.least(), query.most());
  }

  private Candidate exact(UUID fact, float[] vector) {
    requireDimensions(vector.length);
    double distance = query.distance(vector);
    return new Candidate(fact, distance, distance);
  }

  private void requireDimensions(int dimensions) {
    if (dimensions != query.dimensions()) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "search of embeddings by "
              + model
              + ": they have "
              + dimensions
              + " dimensions, and the query has "
              + query.dimensions());
    }
  }

  private void add(Candidate candidate) {
    if (isFar(candidate)) {
      return;
    }
    candidates.add(candidate);
    bounds.add(candidate.most());
    if (bounds.size() > wanted.limit()) {
      bounds.remove();
    }
    if (candidates.size() > wanted.limit() + MORE) {
      candidates.removeIf(this::isFar);
      if (candidates.size() > wanted.limit() + MORE / 2) {
        readVectors();
      }
    }
  }

  private boolean isFar(Candidate candidate) {
    return bounds.size() == wanted.limit() && candidate.least() > bounds.element();
  }

  /** Reads the vectors of those that can be among the nearest, and keeps the nearest of them. */
  private void readVectors() {
    candidates.removeIf(this::isFar);
    candidates.sort(Comparator.comparingDouble(Candidate::least));
    List<Candidate> compared = new ArrayList<>();
    for (int from = 0; from < candidates.size(); from += IDS) {
      List<Candidate> part = candidates.subList(from, Math.min(from + IDS, candidates.size()));
      compared.addAll(compared(part));
    }
    compared.sort(NEAREST_FIRST);
    candidates = new ArrayList<>(compared.subList(0, Math.min(wanted.limit(), compared.size())));
    bounds.clear();
    candidates.forEach(candidate -> bounds.add(candidate.most()));
  }

  private List<Candidate> compared(List<Candidate> part) {
    Map<UUID, float[]> vectors = new HashMap<>();
    List<String> unread =
        part.stream().filter(each -> !each.isExact()).map(each -> each.fact().toString()).toList();
    if (!unread.isEmpty()) {
      handle
          .createQuery(VECTORS)
          .bind("facts", SqlArray.text(unread))
          .bind("model", model.name())
          .bind("version", model.version())
          .map(
              (row, context) ->
                  vectors.put(
                      row.getObject("fact_id", UUID.class),
                      FloatArrays.read(row.getBytes("vector"))))
          .list();
    }
    List<Candidate> compared = new ArrayList<>();
    for (Candidate candidate : part) {
      float[] vector = vectors.get(candidate.fact());
      if (candidate.isExact()) {
        compared.add(candidate);
      } else if (vector != null) {
        compared.add(exact(candidate.fact(), vector));
      }
    }
    return compared;
  }
}
