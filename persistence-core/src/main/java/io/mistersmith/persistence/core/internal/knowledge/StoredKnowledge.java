package io.mistersmith.persistence.core.internal.knowledge;

import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.codec.CanonicalJson;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.FactRow;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Filter;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Neighbours;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.Ranked;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;

/** The facts of a durable store. */
public final class StoredKnowledge implements Knowledge {

  /** How many more than the limit each list of a fusion has. */
  private static final int DEPTH = 4;

  private static final int LEAST_DEPTH = 50;

  private static final Filter ANY = new Filter(FactQuery.all().ofAllTimes(), Optional.empty());

  private final KnowledgeStore store;

  /** Works on what {@code store} has, in its transaction if it belongs to one. */
  public StoredKnowledge(KnowledgeStore store) {
    this.store = store;
  }

  @Override
  public Stored save(Fact fact) {
    Saved unused = store.saveFacts(List.of(FactCodec.row(fact)));
    return kept(fact.id());
  }

  private Stored kept(UUID fact) {
    return find(fact)
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.NOT_FOUND, "fact " + fact + " was deleted just after it was saved"));
  }

  @Override
  public Saved saveAll(Collection<Fact> facts) {
    Map<UUID, FactRow> rows = new LinkedHashMap<>();
    facts.forEach(fact -> rows.put(fact.id(), FactCodec.row(fact)));
    requireSize("facts", rows.size());
    return rows.isEmpty() ? new Saved(0, 0, 0) : store.saveFacts(rows.values());
  }

  private static void requireSize(String what, int size) {
    if (size > MAX_BATCH) {
      throw new IllegalArgumentException(
          "a batch of " + size + " " + what + ": save " + MAX_BATCH + " at once at most");
    }
  }

  @Override
  public Optional<Stored> find(UUID fact) {
    return store.facts(List.of(fact), ANY).stream().findFirst().map(FactCodec::stored);
  }

  @Override
  public List<Stored> find(FactQuery query) {
    return store.find(filter(query)).stream().map(FactCodec::stored).toList();
  }

  private static Filter filter(FactQuery query) {
    return new Filter(query, query.part().map(CanonicalJson::of));
  }

  @Override
  public Stored supersede(UUID fact, Fact by) {
    if (fact.equals(by.id())) {
      throw new IllegalArgumentException(
          "fact " + fact + " cannot take its own place; save it, or give the new one another id");
    }
    store.supersede(fact, FactCodec.row(by));
    return kept(by.id());
  }

  @Override
  public boolean end(UUID fact) {
    return store.end(fact);
  }

  @Override
  public boolean delete(UUID fact) {
    return store.delete(fact);
  }

  @Override
  public <T> T object(Fact fact, Class<T> type) {
    return CanonicalJson.convert(fact.object(), type);
  }

  private record OfModel(UUID fact, Model model) {}

  @Override
  public Saved embed(Collection<Embedding> embeddings) {
    Map<OfModel, Embedding> rows = new LinkedHashMap<>();
    embeddings.forEach(each -> rows.put(new OfModel(each.fact(), each.model()), each));
    requireSize("embeddings", rows.size());
    return rows.isEmpty() ? new Saved(0, 0, 0) : store.saveEmbeddings(rows.values());
  }

  @Override
  public Set<UUID> unembedded(Model model, Map<UUID, String> texts) {
    Map<UUID, String> hashes = store.textHashes(model, texts.keySet());
    Set<UUID> unembedded = new LinkedHashSet<>();
    texts.forEach(
        (fact, text) -> {
          String hash = Digests.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
          if (!hash.equals(hashes.get(fact))) {
            unembedded.add(fact);
          }
        });
    return unembedded;
  }

  @Override
  public Optional<Embedding> embedding(UUID fact, Model model) {
    return store.embedding(fact, model);
  }

  @Override
  public List<Hit> search(SearchQuery query) {
    Filter filter = filter(query.filter());
    boolean fused = query.model().isPresent() && query.words().isPresent();
    int depth = fused ? Math.max(LEAST_DEPTH, DEPTH * query.limit()) : query.limit();
    Map<UUID, Double> distances = new HashMap<>();
    RankFusion fusion = new RankFusion();
    if (query.model().isPresent()) {
      List<Ranked> nearest = store.nearest(new Neighbours(query, filter, depth));
      nearest.forEach(found -> distances.put(found.fact(), found.value()));
      fusion.add(nearest);
    }
    if (query.words().isPresent()) {
      fusion.add(store.matching(query.words().get(), filter, depth));
    }
    return hits(fusion, filter, distances, query.limit());
  }

  /** By a later snapshot than the ranks: what was changed since must meet the conditions still. */
  private List<Hit> hits(RankFusion fusion, Filter filter, Map<UUID, Double> distances, int limit) {
    List<UUID> best = fusion.best(limit);
    if (best.isEmpty()) {
      return List.of();
    }
    Map<UUID, Stored> facts = new HashMap<>();
    store.facts(best, filter).forEach(fact -> facts.put(fact.row().id(), FactCodec.stored(fact)));
    List<Hit> hits = new ArrayList<>();
    for (UUID id : best) {
      Stored fact = facts.get(id);
      if (fact != null) {
        Double distance = distances.get(id);
        hits.add(
            new Hit(
                fact,
                fusion.score(id),
                distance == null ? OptionalDouble.empty() : OptionalDouble.of(distance)));
      }
    }
    return hits;
  }

  @Override
  public String searchMethod() {
    return store.searchMethod();
  }
}
