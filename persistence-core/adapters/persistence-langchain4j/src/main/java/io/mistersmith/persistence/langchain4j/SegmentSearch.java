package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.CosineSimilarity;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.RelevanceScore;
import dev.langchain4j.store.embedding.filter.Filter;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Hit;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The search of a collection's segments. Thread-safe. */
final class SegmentSearch {

  private static final Comparator<EmbeddingMatch<TextSegment>> BEST_FIRST =
      Comparator.comparing(EmbeddingMatch<TextSegment>::score).reversed();

  private final Knowledge knowledge;
  private final String collection;
  private final Model model;

  SegmentSearch(Knowledge knowledge, String collection, Model model) {
    this.knowledge = knowledge;
    this.collection = collection;
    this.model = model;
  }

  /** Returns a query of all segments that can match the filter. */
  FactQuery query(Filter filter) {
    FactQuery all = FactQuery.all().withEntityType(collection).ofAllTimes();
    Map<String, Object> values = FilterConditions.values(filter);
    return values.isEmpty() ? all : all.containing(Map.of(SegmentFacts.METADATA, values));
  }

  void forEachPage(FactQuery query, Consumer<List<Stored>> action) {
    FactQuery next = query.withLimit(FactQuery.MAX_LIMIT);
    List<Stored> page;
    do {
      page = knowledge.find(next);
      if (!page.isEmpty()) {
        next = next.after(page.get(page.size() - 1).id());
        action.accept(page);
      }
    } while (page.size() == FactQuery.MAX_LIMIT);
  }

  List<EmbeddingMatch<TextSegment>> matches(EmbeddingSearchRequest request) {
    Optional<Filter> filter = Optional.ofNullable(request.filter());
    FactQuery segments =
        filter
            .map(this::query)
            .orElseGet(() -> FactQuery.all().withEntityType(collection).ofAllTimes());
    boolean decided = filter.map(FilterConditions::decide).orElse(true);
    int limit = decided ? request.maxResults() : SearchQuery.MAX_LIMIT;
    float[] vector = request.queryEmbedding().vector();
    List<Hit> hits =
        knowledge.search(SearchQuery.near(model, vector).within(segments).withLimit(limit));
    List<EmbeddingMatch<TextSegment>> matches = new ArrayList<>();
    boolean exhausted = hits.size() < limit;
    for (Hit hit : hits) {
      double score = RelevanceScore.fromCosineSimilarity(1 - hit.distance().orElse(1));
      if (matches.size() == request.maxResults() || score < request.minScore()) {
        return matches;
      }
      if (isSelected(filter, hit.fact())) {
        vector(hit.fact()).map(found -> match(score, hit.fact(), found)).ifPresent(matches::add);
      }
    }
    return decided || exhausted || matches.size() == request.maxResults()
        ? matches
        : compared(request, segments, filter);
  }

  /** Compares all segments that the filter selects: few, as hardly any was among the nearest. */
  private List<EmbeddingMatch<TextSegment>> compared(
      EmbeddingSearchRequest request, FactQuery segments, Optional<Filter> filter) {
    List<EmbeddingMatch<TextSegment>> best = new ArrayList<>();
    forEachPage(
        segments,
        page -> {
          for (Stored stored : page) {
            if (isSelected(filter, stored)) {
              vector(stored)
                  .map(found -> match(score(request.queryEmbedding(), found), stored, found))
                  .filter(match -> match.score() >= request.minScore())
                  .ifPresent(best::add);
            }
          }
          best.sort(BEST_FIRST);
          if (best.size() > request.maxResults()) {
            best.subList(request.maxResults(), best.size()).clear();
          }
        });
    return best;
  }

  private static boolean isSelected(Optional<Filter> filter, Stored stored) {
    return filter.isEmpty() || filter.get().test(SegmentFacts.metadata(stored.fact()));
  }

  private static double score(Embedding query, Embedding found) {
    return RelevanceScore.fromCosineSimilarity(CosineSimilarity.between(query, found));
  }

  /** An embedding that was removed meanwhile is no match. */
  private Optional<Embedding> vector(Stored stored) {
    return knowledge.embedding(stored.id(), model).map(found -> Embedding.from(found.vector()));
  }

  private static EmbeddingMatch<TextSegment> match(
      double score, Stored stored, Embedding embedding) {
    return new EmbeddingMatch<>(
        score, stored.fact().entityId(), embedding, SegmentFacts.segment(stored.fact()));
  }
}
