package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.knowledge.FactQuery;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.UUID;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.DocumentMetadata;

/** The documents of one collection as facts: each is an entity with its text and metadata. */
final class DocumentFacts {

  private static final String TEXT = "text";
  private static final String METADATA = "metadata";

  private final String entityType;

  DocumentFacts(String collection) {
    this.entityType = "spring-ai:" + collection;
  }

  /** Returns the id of the fact that a document is kept as. */
  UUID id(String document) {
    return UUID.nameUUIDFromBytes((entityType + '\n' + document).getBytes(StandardCharsets.UTF_8));
  }

  Fact fact(Document document) {
    Map<String, Object> object = new HashMap<>();
    object.put(TEXT, Objects.requireNonNullElse(document.getText(), ""));
    object.put(METADATA, plain(document.getMetadata()));
    return Fact.of(entityType, document.getId(), "document", object).withId(id(document.getId()));
  }

  /** Returns the metadata as JSON has it: other stores of Spring AI read it alike. */
  private static Map<String, Object> plain(Map<?, ?> values) {
    Map<String, Object> json = new HashMap<>();
    values.forEach((key, value) -> json.put(String.valueOf(key), plain(value)));
    return json;
  }

  private static Object plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      return plain(map);
    }
    if (value instanceof Collection<?> values) {
      List<Object> json = new ArrayList<>(values.size());
      values.forEach(element -> json.add(plain(element)));
      return json;
    }
    boolean isJson =
        value instanceof Boolean
            || value instanceof Integer
            || value instanceof Long
            || (value instanceof Double number && Double.isFinite(number))
            || (value instanceof Float single && Float.isFinite(single));
    return isJson ? value : value.toString();
  }

  /** Returns a query of the documents that have this metadata. */
  FactQuery having(Map<String, Object> equal) {
    FactQuery query = FactQuery.all().withEntityType(entityType);
    return equal.isEmpty() ? query : query.containing(Map.of(METADATA, plain(equal)));
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> metadata(Fact fact) {
    return (Map<String, Object>) members(fact).getOrDefault(METADATA, Map.of());
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> members(Fact fact) {
    return (Map<String, Object>) fact.object();
  }

  static Document document(Fact fact, OptionalDouble distance) {
    Map<String, Object> metadata = new HashMap<>(metadata(fact));
    Document.Builder document =
        Document.builder()
            .id(fact.entityId())
            .text((String) members(fact).getOrDefault(TEXT, ""))
            .metadata(metadata);
    distance.ifPresent(
        far -> {
          metadata.put(DocumentMetadata.DISTANCE.value(), far);
          document.score(1 - far);
        });
    return document.build();
  }
}
