package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Hit;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.vectorstore.AbstractVectorStoreBuilder;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.filter.Filter;
import org.springframework.ai.vectorstore.observation.AbstractObservationVectorStore;
import org.springframework.ai.vectorstore.observation.VectorStoreObservationContext;
import org.springframework.util.Assert;

/**
 * Spring AI's vector store over {@link Knowledge}: documents are facts in PostgreSQL, compared by
 * cosine distance, with pgvector where its migrations are applied and without it elsewhere.
 * Thread-safe if the model is.
 *
 * <p>A document and its vector are committed together. A document whose text is what it was is not
 * given to the model again. Metadata comes back as JSON has it: numbers as integers or doubles,
 * times as text.
 *
 * <p>Equalities in filters, joined by AND, OR and IN, are decided in PostgreSQL. Of any other
 * filter, the nearest {@value SearchQuery#MAX_LIMIT} documents that meet its equalities are looked
 * at, so that it may find fewer. Deletes by a filter look at all documents.
 *
 * <p>Failures are {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public final class PersistentVectorStore extends AbstractObservationVectorStore {

  /** How many documents one transaction writes. */
  private static final int TOGETHER = 1_000;

  private final Persistence persistence;
  private final DocumentFacts facts;
  private final String collection;
  private final Model model;

  private PersistentVectorStore(Builder builder) {
    super(builder);
    this.persistence = builder.persistence;
    this.collection = builder.collection;
    this.facts = new DocumentFacts(builder.collection);
    Model named = builder.model;
    this.model = named == null ? new Model(builder.collection, "1") : named;
  }

  /** Begins a store whose vectors this model makes. */
  public static Builder builder(Persistence persistence, EmbeddingModel embeddingModel) {
    return new Builder(persistence, embeddingModel);
  }

  /** Adds documents, or replaces those with the same ids: up to 1,000 at a time together. */
  @Override
  public void doAdd(List<Document> documents) {
    Assert.notNull(documents, "Documents list cannot be null");
    for (int i = 0; i < documents.size(); i += TOGETHER) {
      addTogether(documents.subList(i, Math.min(i + TOGETHER, documents.size())));
    }
  }

  private void addTogether(List<Document> documents) {
    Map<UUID, Document> byFact = new LinkedHashMap<>();
    documents.forEach(document -> byFact.put(facts.id(document.getId()), document));
    Map<UUID, String> texts = new LinkedHashMap<>();
    byFact.forEach((fact, document) -> texts.put(fact, text(document)));
    List<Embedding> embeddings =
        embeddings(byFact, persistence.knowledge().unembedded(model, texts));
    List<Fact> saved = byFact.values().stream().map(facts::fact).toList();
    write(
        "add documents",
        knowledge -> {
          Knowledge.Saved unusedFacts = knowledge.saveAll(saved);
          Knowledge.Saved unusedVectors = knowledge.embed(embeddings);
        });
  }

  private static String text(Document document) {
    return Objects.requireNonNullElse(document.getText(), "");
  }

  private List<Embedding> embeddings(Map<UUID, Document> byFact, Set<UUID> asked) {
    List<UUID> ids = byFact.keySet().stream().filter(asked::contains).toList();
    if (ids.isEmpty()) {
      return List.of();
    }
    List<Document> documents = new ArrayList<>();
    for (UUID id : ids) {
      documents.add(Objects.requireNonNull(byFact.get(id)));
    }
    List<float[]> vectors =
        embeddingModel.embed(documents, EmbeddingOptions.builder().build(), batchingStrategy);
    List<Embedding> embeddings = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      embeddings.add(Embedding.of(ids.get(i), model, text(documents.get(i)), vectors.get(i)));
    }
    return embeddings;
  }

  private void write(String name, Consumer<Knowledge> work) {
    persistence
        .transactions()
        .execute(
            TransactionOptions.builder(Boundary.SINGLE_OPERATION, name).build(),
            tx -> work.accept(tx.knowledge()));
  }

  @Override
  public void doDelete(List<String> documents) {
    deleteFacts(documents.stream().map(facts::id).toList());
  }

  private void deleteFacts(Collection<UUID> ids) {
    if (!ids.isEmpty()) {
      write("delete documents", knowledge -> ids.forEach(knowledge::delete));
    }
  }

  @Override
  protected void doDelete(Filter.Expression filter) {
    for (FilterPlan.Search search : FilterPlan.of(filter)) {
      FactQuery query = facts.having(search.equal()).withLimit(TOGETHER);
      List<Stored> page;
      do {
        page = persistence.knowledge().find(query);
        deleteFacts(
            page.stream().filter(stored -> meets(search, filter, stored)).map(Stored::id).toList());
        query = page.isEmpty() ? query : query.after(page.get(page.size() - 1).id());
      } while (page.size() == TOGETHER);
    }
  }

  private static boolean meets(
      FilterPlan.Search search, Filter.@Nullable Expression filter, Stored stored) {
    return search.exact()
        || filter == null
        || MetadataFilter.matches(filter, DocumentFacts.metadata(stored.fact()));
  }

  @Override
  public List<Document> doSimilaritySearch(SearchRequest request) {
    if (request.getTopK() < 1) {
      return List.of();
    }
    float[] vector = embeddingModel.embed(request.getQuery());
    Map<UUID, Hit> hits = new LinkedHashMap<>();
    for (FilterPlan.Search search : FilterPlan.of(request.getFilterExpression())) {
      for (Hit hit : search(request, search, vector)) {
        hits.putIfAbsent(hit.fact().id(), hit);
      }
    }
    return hits.values().stream()
        .map(hit -> DocumentFacts.document(hit.fact().fact(), hit.distance()))
        .filter(found -> score(found) >= request.getSimilarityThreshold())
        .sorted(Comparator.comparingDouble(PersistentVectorStore::score).reversed())
        .limit(request.getTopK())
        .toList();
  }

  private static double score(Document found) {
    return Objects.requireNonNullElse(found.getScore(), 0.0);
  }

  private List<Hit> search(SearchRequest request, FilterPlan.Search search, float[] vector) {
    int limit =
        search.exact() ? Math.min(request.getTopK(), SearchQuery.MAX_LIMIT) : SearchQuery.MAX_LIMIT;
    SearchQuery query =
        SearchQuery.near(model, vector).within(facts.having(search.equal())).withLimit(limit);
    return persistence.knowledge().search(query).stream()
        .filter(hit -> meets(search, request.getFilterExpression(), hit.fact()))
        .toList();
  }

  @Override
  public VectorStoreObservationContext.Builder createObservationContextBuilder(String operation) {
    return VectorStoreObservationContext.builder("agent_persistence", operation)
        .collectionName(collection)
        .similarityMetric("cosine");
  }

  /** Settings of a store. Used by one thread. */
  public static final class Builder extends AbstractVectorStoreBuilder<Builder> {

    private final Persistence persistence;
    private String collection = "documents";
    private @Nullable Model model;

    private Builder(Persistence persistence, EmbeddingModel embeddingModel) {
      super(embeddingModel);
      this.persistence = persistence;
    }

    /**
     * Sets the name of the collection ({@code documents} unless set): 1 to 80 characters. A store
     * finds and deletes the documents of its collection alone.
     */
    public Builder collection(String name) {
      Assert.hasText(name, "collection cannot be null or empty");
      this.collection = name;
      return this;
    }

    /**
     * Sets the name that vectors are kept under; that of the collection and version 1 unless set.
     * Give a new one when another model makes the vectors: documents are then given to it again
     * when they are added again.
     */
    public Builder model(Model name) {
      this.model = name;
      return this;
    }

    @Override
    public PersistentVectorStore build() {
      return new PersistentVectorStore(this);
    }
  }
}
