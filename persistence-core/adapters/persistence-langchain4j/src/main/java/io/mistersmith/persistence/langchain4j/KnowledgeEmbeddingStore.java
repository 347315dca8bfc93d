package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingSearchResult;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.filter.Filter;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An embedding store over the library's {@link Knowledge}: a segment is a fact, with its embedding,
 * committed together in PostgreSQL. With pgvector an index is searched, else all vectors are
 * compared.
 *
 * <p>Scores are of the cosine similarity. A search returns at most {@value #MAX_RESULTS} matches.
 * Conditions on equality are decided by PostgreSQL; others of a filter by this process, for the
 * nearest {@value #MAX_RESULTS} at first, and for all segments where these are too few.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s. Thread-safe.
 */
public final class KnowledgeEmbeddingStore implements EmbeddingStore<TextSegment> {

  /** The most matches of a search. */
  public static final int MAX_RESULTS = 1_000;

  private final Persistence persistence;
  private final String collection;
  private final Model model;
  private final SegmentSearch search;

  private KnowledgeEmbeddingStore(Persistence persistence, String collection, Model model) {
    this.persistence = Objects.requireNonNull(persistence, "persistence");
    this.collection = collection;
    this.model = model;
    this.search = new SegmentSearch(persistence.knowledge(), collection, model);
  }

  /**
   * Returns the store of a collection.
   *
   * @param collection 1 to 100 characters; segments of other collections are not found
   * @param model what makes the vectors; all of a model have the same number of dimensions
   */
  public static KnowledgeEmbeddingStore of(
      Persistence persistence, String collection, Model model) {
    return new KnowledgeEmbeddingStore(persistence, collection, model);
  }

  @Override
  public String add(Embedding embedding) {
    return addAll(List.of(embedding)).get(0);
  }

  @Override
  public void add(String id, Embedding embedding) {
    addAll(List.of(id), List.of(embedding), Collections.emptyList());
  }

  @Override
  public String add(Embedding embedding, TextSegment segment) {
    return addAll(List.of(embedding), List.of(segment)).get(0);
  }

  @Override
  public List<String> addAll(List<Embedding> embeddings) {
    List<String> ids = generateIds(embeddings.size());
    addAll(ids, embeddings, Collections.emptyList());
    return ids;
  }

  /**
   * Adds embeddings, up to {@value Knowledge#MAX_BATCH} in a transaction; replaces those with the
   * same ids.
   *
   * @param ids 1 to 255 characters each
   * @param segments as many as embeddings, or none
   */
  @Override
  public void addAll(
      List<String> ids, List<Embedding> embeddings, @Nullable List<TextSegment> segments) {
    boolean bare = segments == null || segments.isEmpty();
    if (ids.size() != embeddings.size()
        || (segments != null && !bare && segments.size() != ids.size())) {
      throw new IllegalArgumentException(
          "ids, embeddings and segments differ in number: give one of each for every embedding");
    }
    for (int from = 0; from < ids.size(); from += Knowledge.MAX_BATCH) {
      List<Fact> facts = new ArrayList<>();
      List<io.mistersmith.persistence.knowledge.Embedding> vectors = new ArrayList<>();
      for (int i = from; i < Math.min(ids.size(), from + Knowledge.MAX_BATCH); i++) {
        TextSegment segment = segments == null || bare ? null : segments.get(i);
        Fact fact = SegmentFacts.fact(collection, ids.get(i), segment);
        facts.add(fact);
        vectors.add(
            io.mistersmith.persistence.knowledge.Embedding.of(
                fact.id(),
                model,
                segment == null ? ids.get(i) : segment.text(),
                embeddings.get(i).vector()));
      }
      commit(
          "add embeddings",
          transaction -> {
            Knowledge.Saved unusedFacts = transaction.knowledge().saveAll(facts);
            Knowledge.Saved unusedVectors = transaction.knowledge().embed(vectors);
          });
    }
  }

  @Override
  public void removeAll(Collection<String> ids) {
    if (ids == null || ids.isEmpty()) {
      throw new IllegalArgumentException("ids cannot be null or empty");
    }
    delete(ids.stream().map(id -> SegmentFacts.factId(collection, id)).toList());
  }

  @Override
  public void removeAll(Filter filter) {
    if (filter == null) {
      throw new IllegalArgumentException("filter cannot be null");
    }
    search.forEachPage(
        search.query(filter),
        page ->
            delete(
                page.stream()
                    .filter(stored -> filter.test(SegmentFacts.metadata(stored.fact())))
                    .map(Stored::id)
                    .toList()));
  }

  /** Removes all segments of the collection. */
  @Override
  public void removeAll() {
    FactQuery all = FactQuery.all().withEntityType(collection).ofAllTimes();
    search.forEachPage(all, page -> delete(page.stream().map(Stored::id).toList()));
  }

  private void delete(List<UUID> facts) {
    commit(
        "remove embeddings",
        transaction -> {
          for (UUID fact : facts) {
            boolean unused = transaction.knowledge().delete(fact);
          }
        });
  }

  private void commit(String what, Consumer<Transaction> work) {
    persistence
        .transactions()
        .execute(TransactionOptions.of(Boundary.SINGLE_OPERATION, what), work);
  }

  @Override
  public EmbeddingSearchResult<TextSegment> search(EmbeddingSearchRequest request) {
    if (request.maxResults() > MAX_RESULTS) {
      throw new IllegalArgumentException(
          "maxResults is " + request.maxResults() + "; give 1 to " + MAX_RESULTS);
    }
    return new EmbeddingSearchResult<>(search.matches(request));
  }
}
