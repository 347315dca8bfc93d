package io.mistersmith.persistence.langchain4j;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.segment.TextSegment;
import io.mistersmith.persistence.knowledge.Fact;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Segments of text as facts: an entity of the collection, whose object has the text and metadata.
 */
final class SegmentFacts {

  private static final String PREDICATE = "segment";
  private static final String TEXT = "text";
  static final String METADATA = "metadata";

  private SegmentFacts() {}

  /** Returns the id of the fact that keeps a segment: its own if that is a UUID. */
  static UUID factId(String collection, String id) {
    if (id.length() == 36) {
      try {
        return UUID.fromString(id);
      } catch (IllegalArgumentException e) {
        // any other text is hashed
      }
    }
    return UUID.nameUUIDFromBytes((collection + '/' + id).getBytes(StandardCharsets.UTF_8));
  }

  static Fact fact(String collection, String id, @Nullable TextSegment segment) {
    Map<String, Object> object = new HashMap<>();
    if (segment != null) {
      object.put(TEXT, segment.text());
      Map<String, Object> metadata = new HashMap<>();
      segment.metadata().toMap().forEach((key, value) -> metadata.put(key, json(value)));
      object.put(METADATA, metadata);
    }
    return Fact.of(collection, id, PREDICATE, object).withId(factId(collection, id));
  }

  /** A float is written with its own digits: as a double it would have others. */
  static Object json(Object value) {
    if (value instanceof Float) {
      return new BigDecimal(value.toString());
    }
    return value instanceof UUID ? value.toString() : value;
  }

  /** Returns the segment that a fact keeps; null when an embedding was added without one. */
  static @Nullable TextSegment segment(Fact fact) {
    return fact.object() instanceof Map<?, ?> object && object.get(TEXT) instanceof String text
        ? TextSegment.from(text, metadata(fact))
        : null;
  }

  static Metadata metadata(Fact fact) {
    Map<String, Object> values = new HashMap<>();
    if (fact.object() instanceof Map<?, ?> object
        && object.get(METADATA) instanceof Map<?, ?> metadata) {
      metadata.forEach((key, value) -> values.put(key.toString(), supported(value)));
    }
    return Metadata.from(values);
  }

  /** Numbers are read back as integers or doubles of any size; metadata has a few classes. */
  private static Object supported(@Nullable Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.doubleValue();
    }
    if (value instanceof String || value instanceof Number) {
      return value;
    }
    return String.valueOf(value);
  }
}
