package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.SearchQuery.Metric;
import io.mistersmith.persistence.spi.sql.KnowledgeStore;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Facts and their embeddings, in memory. */
final class MemoryKnowledgeStore implements KnowledgeStore {

  private final Session session;

  MemoryKnowledgeStore(Session session) {
    this.session = session;
  }

  private Instant now() {
    return session.now().truncatedTo(ChronoUnit.MICROS);
  }

  @Override
  public Saved saveFacts(Collection<FactRow> facts) {
    Instant now = now();
    return session.call(
        tables -> {
          int created = 0;
          int updated = 0;
          for (FactRow fact : facts) {
            Optional<StoredFact> before = tables.facts.find(fact.id());
            if (before.filter(old -> old.row().hash().equals(fact.hash())).isPresent()) {
              continue;
            }
            MemoryFacts.put(tables, fact, before, now);
            created += before.isEmpty() ? 1 : 0;
            updated += before.isPresent() ? 1 : 0;
          }
          return new Saved(created, updated, facts.size() - created - updated);
        });
  }

  @Override
  public List<StoredFact> facts(Collection<UUID> ids, Filter filter) {
    Instant now = now();
    return session.call(
        tables ->
            ids.stream()
                .distinct()
                .flatMap(id -> tables.facts.find(id).stream())
                .filter(stored -> MemoryFacts.isSelected(stored.row(), filter, now))
                .toList());
  }

  @Override
  public List<StoredFact> find(Filter filter) {
    Instant now = now();
    return session.call(
        tables ->
            tables
                .facts
                .all()
                .filter(stored -> MemoryFacts.isSelected(stored.row(), filter, now))
                .filter(
                    stored ->
                        filter
                            .query()
                            .after()
                            .map(after -> text(stored.row().id()).compareTo(text(after)) > 0)
                            .orElse(true))
                .sorted(Comparator.comparing(stored -> text(stored.row().id())))
                .limit(filter.query().limit())
                .toList());
  }

  private static String text(UUID id) {
    return id.toString();
  }

  @Override
  public void supersede(UUID fact, FactRow by) {
    Instant now = now();
    boolean unused = session.call(tables -> supersede(tables, fact, by, now));
  }

  private static boolean supersede(Tables tables, UUID fact, FactRow by, Instant now) {
    String what = "supersede fact " + fact;
    tables.facts.lock(fact);
    StoredFact old =
        tables
            .facts
            .find(fact)
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.NOT_FOUND, what + ": there is no such fact"));
    if (old.supersededBy().equals(Optional.of(by.id()))) {
      return false;
    }
    if (old.row().validUntil().isPresent()) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT, what + ": it has an end, or another fact took its place");
    }
    if (tables.facts.contains(by.id())) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, what + ": SQLSTATE 23505, there is a fact " + by.id());
    }
    Instant beginning = by.validFrom().orElse(MemoryFacts.next(old.row(), now));
    MemoryFacts.put(
        tables, MemoryFacts.holding(by, beginning, by.validUntil()), Optional.empty(), now);
    MemoryFacts.put(
        tables,
        MemoryFacts.holding(old.row(), old.row().validFrom().orElseThrow(), Optional.of(beginning)),
        Optional.of(
            new StoredFact(old.row(), old.createdAt(), old.updatedAt(), Optional.of(by.id()))),
        now);
    return true;
  }

  @Override
  public boolean end(UUID fact) {
    Instant now = now();
    return session.call(
        tables -> {
          tables.facts.lock(fact);
          Optional<StoredFact> holding =
              tables.facts.find(fact).filter(stored -> stored.row().validUntil().isEmpty());
          holding.ifPresent(
              stored ->
                  MemoryFacts.put(
                      tables,
                      MemoryFacts.holding(
                          stored.row(),
                          stored.row().validFrom().orElseThrow(),
                          Optional.of(MemoryFacts.next(stored.row(), now))),
                      holding,
                      now));
          return holding.isPresent();
        });
  }

  @Override
  public boolean delete(UUID fact) {
    return session.call(
        tables -> {
          int unused = tables.embeddings.removeIf(embedding -> embedding.fact().equals(fact));
          return tables.facts.remove(fact);
        });
  }

  @Override
  public Saved saveEmbeddings(Collection<Embedding> embeddings) {
    return session.call(
        tables -> {
          int created = 0;
          int updated = 0;
          for (Embedding embedding : embeddings) {
            checkDimensions(tables, embedding);
            Content.EmbeddingId id = new Content.EmbeddingId(embedding.fact(), embedding.model());
            Optional<Embedding> before = tables.embeddings.find(id);
            if (before.equals(Optional.of(embedding))) {
              continue;
            }
            if (!tables.facts.refer(embedding.fact())) {
              throw new NonTransientPersistenceException(
                  DataError.CONSTRAINT_VIOLATION,
                  embedding + " is refused: SQLSTATE 23503, there is no such fact");
            }
            tables.embeddings.put(id, embedding);
            created += before.isEmpty() ? 1 : 0;
            updated += before.isPresent() ? 1 : 0;
          }
          return new Saved(created, updated, embeddings.size() - created - updated);
        });
  }

  private static void checkDimensions(Tables tables, Embedding embedding) {
    int given = embedding.vector().length;
    Optional<Integer> there = tables.dimensions.find(embedding.model());
    if (there.isEmpty()) {
      tables.dimensions.lock(embedding.model());
      there = tables.dimensions.find(embedding.model());
    }
    if (there.isEmpty() || (there.get() != given && hasNone(tables, embedding.model()))) {
      tables.dimensions.put(embedding.model(), given);
    } else if (there.get() != given) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          embedding + " is refused: those of the model have " + there.get());
    }
  }

  private static boolean hasNone(Tables tables, Model model) {
    return tables.embeddings.all().noneMatch(embedding -> embedding.model().equals(model));
  }

  @Override
  public Map<UUID, String> textHashes(Model model, Collection<UUID> facts) {
    return session.call(
        tables -> {
          Map<UUID, String> hashes = new HashMap<>();
          for (UUID fact : facts) {
            tables
                .embeddings
                .find(new Content.EmbeddingId(fact, model))
                .ifPresent(embedding -> hashes.put(fact, sha256(embedding.text())));
          }
          return hashes;
        });
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public Optional<Embedding> embedding(UUID fact, Model model) {
    return session.call(tables -> tables.embeddings.find(new Content.EmbeddingId(fact, model)));
  }

  @Override
  public List<Ranked> nearest(Neighbours wanted) {
    Instant now = now();
    Model model = wanted.search().model().orElseThrow();
    float[] query = wanted.search().vector();
    return session.call(
        tables ->
            tables
                .embeddings
                .all()
                .filter(embedding -> embedding.model().equals(model))
                .filter(
                    embedding ->
                        tables
                            .facts
                            .find(embedding.fact())
                            .filter(
                                fact -> MemoryFacts.isSelected(fact.row(), wanted.filter(), now))
                            .isPresent())
                .map(
                    embedding ->
                        new Ranked(
                            embedding.fact(), distance(wanted.search().metric(), query, embedding)))
                .sorted(
                    Comparator.comparingDouble(Ranked::value)
                        .thenComparing(found -> text(found.fact())))
                .limit(wanted.limit())
                .toList());
  }

  private static double distance(Metric metric, float[] query, Embedding embedding) {
    float[] vector = embedding.vector();
    if (vector.length != query.length) {
      throw new NonTransientPersistenceException(
          DataError.CONSTRAINT_VIOLATION,
          "search of embeddings by "
              + embedding.model()
              + ": they have "
              + vector.length
              + " dimensions, and the query has "
              + query.length);
    }
    return switch (metric) {
      case COSINE ->
          1 - product(query, vector) / Math.sqrt(product(query, query) * product(vector, vector));
      case INNER_PRODUCT -> -product(query, vector);
      case L2 ->
          Math.sqrt(
              Math.max(
                  0, product(query, query) - 2 * product(query, vector) + product(vector, vector)));
    };
  }

  private static double product(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  @Override
  public List<Ranked> matching(String words, Filter filter, int limit) {
    Instant now = now();
    return session.call(
        tables ->
            tables
                .facts
                .all()
                .filter(stored -> MemoryFacts.isSelected(stored.row(), filter, now))
                .map(
                    stored ->
                        new Ranked(stored.row().id(), Words.count(stored.row().object(), words)))
                .filter(found -> found.value() > 0)
                .sorted(
                    Comparator.comparingDouble(Ranked::value)
                        .reversed()
                        .thenComparing(found -> text(found.fact())))
                .limit(limit)
                .toList());
  }

  @Override
  public String searchMethod() {
    return session.call(tables -> "exact; in memory");
  }
}
