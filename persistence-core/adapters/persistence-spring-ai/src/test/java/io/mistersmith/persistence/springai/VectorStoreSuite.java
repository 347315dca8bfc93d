package io.mistersmith.persistence.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.ai.vectorstore.filter.Filter;
import org.springframework.ai.vectorstore.filter.Filter.Expression;
import org.springframework.ai.vectorstore.filter.Filter.ExpressionType;

/** The cases of Spring AI's BaseVectorStoreTests, by their names, and what this store adds. */
abstract class VectorStoreSuite extends StoresTestCase {

  private final LetterModel model = new LetterModel();
  private String collection;
  private VectorStore store;

  @BeforeEach
  void makeStore() {
    collection = UUID.randomUUID().toString();
    store = store(collection);
  }

  private VectorStore store(String name) {
    return PersistentVectorStore.builder(persistence, model).collection(name).build();
  }

  private static Document document(String country, @Nullable Integer year) {
    Map<String, Object> metadata = new HashMap<>(Map.of("country", country));
    if (year != null) {
      metadata.put("year", year);
    }
    return new Document("The World is Big and Salvation Lurks Around the Corner", metadata);
  }

  private List<Document> setupTestDocuments() {
    List<Document> documents =
        List.of(document("BG", 2020), document("NL", null), document("BG", 2023));
    store.add(documents);
    assertThat(found(3, null)).hasSize(3);
    return documents;
  }

  private List<Document> found(int most, @Nullable String filter) {
    SearchRequest.Builder request =
        SearchRequest.builder().query("The World").topK(most).similarityThresholdAll();
    if (filter != null) {
      request.filterExpression(filter);
    }
    return store.similaritySearch(request.build());
  }

  @Test
  void deleteById() {
    List<Document> documents = setupTestDocuments();
    store.delete(List.of(documents.get(0).getId(), documents.get(1).getId()));
    List<Document> left = found(5, null);
    assertThat(left).extracting(Document::getId).containsExactly(documents.get(2).getId());
    assertThat(left.get(0).getMetadata())
        .containsEntry("country", "BG")
        .containsEntry("year", 2023);
  }

  @Test
  void deleteWithStringFilterExpression() {
    setupTestDocuments();
    store.delete("country == 'BG'");
    assertThat(found(5, null))
        .singleElement()
        .satisfies(left -> assertThat(left.getMetadata()).containsEntry("country", "NL"));
  }

  @Test
  void deleteByFilter() {
    setupTestDocuments();
    store.delete(
        new Expression(ExpressionType.EQ, new Filter.Key("country"), new Filter.Value("BG")));
    assertThat(found(5, null))
        .singleElement()
        .satisfies(left -> assertThat(left.getMetadata()).containsEntry("country", "NL"));
  }

  @Test
  void filtersDocuments() {
    setupTestDocuments();
    Map<String, Integer> expected =
        Map.of(
            "country == 'BG' && year == 2020", 1,
            "country in ['NL', 'BG'] && year >= 2021", 1,
            "country == 'NL' || year == 2023", 2,
            "country != 'NL'", 2,
            "country nin ['NL']", 2,
            "not (country == 'BG' && year > 2021)", 2,
            "country == 'BG' && country == 'NL'", 0);
    expected.forEach((filter, count) -> assertThat(found(5, filter)).as(filter).hasSize(count));
    store.delete("year > 2021");
    assertThat(found(5, null)).hasSize(2);
  }

  @Test
  void ranksBySimilarity() {
    store.add(
        List.of(new Document("zzz qqq"), new Document("ferry to Bergen"), new Document("tram")));
    List<Document> near =
        store.similaritySearch(
            SearchRequest.builder().query("ferries").topK(2).similarityThreshold(0.5).build());
    assertThat(near.get(0).getText()).isEqualTo("ferry to Bergen");
    assertThat(near.get(0).getScore()).isBetween(0.5, 1.0);
    assertThat(near.get(0).getMetadata()).containsKey("distance");
    assertThat(found(1, null)).hasSize(1);
  }

  @Test
  void asksTheModelOnceForAText() {
    Document first = new Document("ferry", Map.of("seen", 1));
    store.add(List.of(first, new Document("tram")));
    int asked = model.asked();
    store.add(List.of(new Document(first.getId(), "ferry", Map.of("seen", 2))));
    assertThat(model.asked()).isEqualTo(asked);
    store.add(List.of(new Document(first.getId(), "fast ferry", Map.of("seen", 3))));
    assertThat(model.asked()).isEqualTo(asked + 1);
    assertThat(found(5, "seen == 3")).extracting(Document::getText).containsExactly("fast ferry");
    assertThat(found(5, null)).hasSize(2);
  }

  @Test
  void keepsCollectionsApart() {
    List<Document> documents = setupTestDocuments();
    VectorStore other = store(collection + "-2");
    other.add(documents);
    store.delete("country in ['BG', 'NL']");
    assertThat(found(5, null)).isEmpty();
    assertThat(other.similaritySearch("The World")).hasSize(3);
  }
}
