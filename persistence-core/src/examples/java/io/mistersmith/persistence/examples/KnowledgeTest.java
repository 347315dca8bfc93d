package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.knowledge.Embedding.Model;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.knowledge.Knowledge.Hit;
import io.mistersmith.persistence.knowledge.Knowledge.Saved;
import io.mistersmith.persistence.knowledge.Knowledge.Stored;
import io.mistersmith.persistence.knowledge.SearchQuery;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Facts that hold for a time, and the search for them. */
class KnowledgeTest {

  private static final Model MODEL = new Model("tiny", "1");

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  /** In place of a model: how often a text has each of three letters. */
  private static float[] embed(String text) {
    float[] vector = new float[3];
    for (int i = 0; i < 3; i++) {
      char letter = "aeo".charAt(i);
      vector[i] = 1 + text.chars().filter(c -> c == letter).count();
    }
    return vector;
  }

  @Test
  void keepsFactsAndTheirHistory() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Instant january = Instant.parse("2026-01-01T00:00:00Z");
      Instant march = Instant.parse("2026-03-01T00:00:00Z");

      Knowledge knowledge = persistence.knowledge();
      Fact home =
          Fact.of("user", "ann", "lives in", Map.of("city", "Oslo", "since", 2019))
              .withConfidence(0.9)
              .withEvidence(Map.of("conversation", "c-17"))
              .withValidFrom(january);
      knowledge.save(home);
      knowledge.supersede(
          home.id(),
          Fact.of("user", "ann", "lives in", Map.of("city", "Rome")).withValidFrom(march));
      FactQuery ann = FactQuery.about("user", "ann").withPredicate("lives in");
      List<Stored> inFebruary = knowledge.find(ann.validAt(Instant.parse("2026-02-01T00:00:00Z")));
      List<Stored> ever = knowledge.find(ann.ofAllTimes().containing(Map.of("city", "Rome")));

      assertThat(inFebruary).extracting(Stored::id).containsExactly(home.id());
      assertThat(ever).hasSize(1);
    }
  }

  @Test
  void searchesByWordsAndVectors() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Knowledge knowledge = persistence.knowledge();
      Map<UUID, String> texts = new LinkedHashMap<>();
      for (String text :
          List.of("the ferry leaves at noon", "a train to Oslo", "ferry to Bergen")) {
        Fact fact = Fact.of("note", text, "says", text);
        knowledge.save(fact);
        texts.put(fact.id(), text);
      }

      List<Embedding> embeddings = new ArrayList<>();
      Set<UUID> asked = knowledge.unembedded(MODEL, texts); // new texts, and changed ones
      texts.forEach(
          (fact, text) -> {
            if (asked.contains(fact)) {
              embeddings.add(Embedding.of(fact, MODEL, text, embed(text)));
            }
          });
      Saved saved = knowledge.embed(embeddings);
      List<Hit> hits =
          knowledge.search(
              SearchQuery.near(MODEL, embed("does the ferry leave at noon?"))
                  .withWords("ferry at noon")
                  .within(FactQuery.all().withEntityType("note"))
                  .withLimit(2));

      assertThat(saved.created()).isEqualTo(3);
      assertThat(hits.get(0).fact().fact().object()).isEqualTo("the ferry leaves at noon");
      assertThat(knowledge.unembedded(MODEL, texts)).isEmpty();
    }
  }

  @Test
  void learnsInATransaction() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Fact fact = Fact.of("user", "ann", "likes", "ferries");
      Embedding embedding = Embedding.of(fact.id(), MODEL, "ferries", embed("ferries"));

      persistence
          .transactions()
          .execute(
              TransactionOptions.builder(Boundary.SINGLE_OPERATION, "learn").build(),
              tx -> {
                tx.knowledge().save(fact);
                tx.knowledge().embed(List.of(embedding));
              });

      assertThat(persistence.knowledge().embedding(fact.id(), MODEL)).contains(embedding);
    }
  }
}
