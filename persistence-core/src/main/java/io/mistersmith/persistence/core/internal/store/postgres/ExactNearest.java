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
 * number of embeddings. Where each statement sees other data, it searches again when a code that it
 * has compared was changed since.
 */
final class ExactNearest {

  /** Rows that are fetched at once, and numbers where the rows have vectors instead of codes. */
  private static final int FETCH = 2_000;

  private static final int FETCHED_NUMBERS = 4_000_000;

  /** How many more than the limit are kept before their vectors are read. */
  private static final int MORE = 4_000;

  /** Texts of many ids are no longer than this many. */
  private static final int IDS = 500;

  /** How often it searches while others change what it compares. */
  private static final int ATTEMPTS = 3;

  private static final String CODES =
      """
      SELECT e.fact_id, e.vector_code,
             CASE WHEN e.vector_code IS NULL
                  THEN array_send(e.embedding_vector::real[]) END AS vector,
             e.xmin::text::bigint
        FROM knowledge.embeddings e
        JOIN knowledge.facts f ON f.fact_id = e.fact_id
       WHERE e.embedding_model = :model AND e.embedding_version = :version
         AND e.embedding_vector IS NOT NULL
      """;

  private static final String VECTORS =
      """
      SELECT e.fact_id, array_send(e.embedding_vector::real[]) AS vector, e.xmin::text::bigint
        FROM unnest(:facts) AS g (id)
        JOIN knowledge.embeddings e ON e.fact_id = g.id::uuid
       WHERE e.embedding_model = :model AND e.embedding_version = :version
         AND e.embedding_vector IS NOT NULL
      """;

  /**
   * An embedding that can be among the nearest, and the bounds of its distance.
   *
   * @param version another one when the row was changed
   */
  private record Candidate(UUID fact, double least, double most, long version) {

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

  /** Whether a row was changed after its code was compared. */
  private boolean changed;

  private ExactNearest(Handle handle, Neighbours wanted) {
    SearchQuery search = wanted.search();
    this.handle = handle;
    this.wanted = wanted;
    this.model = search.model().orElseThrow();
    this.query = new VectorCode.Query(search.metric(), search.vector());
  }

  /** Runs in a transaction, so that the rows need not all be held at once. */
  static List<Ranked> run(Handle handle, Neighbours wanted) {
    for (int attempt = 1; ; attempt++) {
      ExactNearest search = new ExactNearest(handle, wanted);
      List<Ranked> found = search.run();
      if (!search.changed || attempt == ATTEMPTS) {
        return found;
      }
    }
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
                UUID fact = rows.getObject(1, UUID.class);
                byte[] code = rows.getBytes(2);
                if (code != null) {
                  add(bounded(fact, code, rows.getLong(4)));
                } else {
                  float[] vector = FloatArrays.read(rows.getBytes(3));
                  if (points(vector)) {
                    add(exact(fact, vector, rows.getLong(4)));
                  }
                }
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

  /** The vector of another writer may be zero; it is no embedding. */
  private static boolean points(float[] vector) {
    for (float number : vector) {
      if (number != 0) {
        return true;
      }
    }
    return false;
  }

  private Candidate bounded(UUID fact, byte[] code, long version) {
    requireDimensions(VectorCode.dimensions(code));
    query.compare(code);
    return new Candidate(fact, query.least(), query.most(), version);
  }

  private Candidate exact(UUID fact, float[] vector, long version) {
    requireDimensions(vector.length);
    double distance = query.distance(vector);
    return new Candidate(fact, distance, distance, version);
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
    Map<UUID, Candidate> read = new HashMap<>();
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
                  exact(
                      row.getObject(1, UUID.class),
                      FloatArrays.read(row.getBytes(2)),
                      row.getLong(3)))
          .forEach(each -> read.put(each.fact(), each));
    }
    List<Candidate> compared = new ArrayList<>();
    for (Candidate candidate : part) {
      Candidate exact = candidate.isExact() ? candidate : read.get(candidate.fact());
      if (exact != null) {
        compared.add(exact);
      }
      changed |= exact == null || exact.version() != candidate.version();
    }
    return compared;
  }
}
