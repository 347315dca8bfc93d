package io.mistersmith.persistence.core.internal.store.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small random documents of few names and values, so that they have much in common. */
final class RandomJson {

  private static final List<String> NAMES = List.of("a", "b", "\u00e9", "");
  private static final List<String> SCALARS =
      List.of(
          "0",
          "-0.0",
          "1",
          "1.0",
          "10e-1",
          "1e2",
          "100",
          "12345678901234567890",
          "\"\"",
          "\"a\"",
          "\"1\"",
          "\"\\u00e9\"",
          "true",
          "false",
          "null");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Random random;

  RandomJson(Random random) {
    this.random = random;
  }

  /** Returns a document that is not null. */
  String document() {
    String document = value(3);
    return document.equals("null") ? "{}" : document;
  }

  private String value(int depth) {
    int kind = depth == 0 ? 0 : random.nextInt(5);
    if (kind < 1) {
      return SCALARS.get(random.nextInt(SCALARS.size()));
    }
    List<String> parts = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String part = value(depth - 1);
      parts.add(kind < 3 ? part : "\"" + NAMES.get(random.nextInt(NAMES.size())) + "\":" + part);
    }
    String joined = String.join(",", parts);
    return kind < 3 ? "[" + joined + "]" : "{" + joined + "}";
  }

  /** Returns a document that this one contains, more often than not. */
  String partOf(String document) {
    try {
      String part = part(MAPPER.readTree(document));
      return part.equals("null") ? "[null]" : part;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private String part(JsonNode whole) {
    if (random.nextInt(20) == 0) {
      return value(1);
    }
    List<String> parts = new ArrayList<>();
    if (whole.isObject()) {
      for (Map.Entry<String, JsonNode> member : whole.properties()) {
        if (random.nextBoolean()) {
          parts.add("\"" + member.getKey() + "\":" + part(member.getValue()));
        }
      }
      return "{" + String.join(",", parts) + "}";
    }
    if (whole.isArray()) {
      for (JsonNode element : whole) {
        for (int i = random.nextInt(3); i > 0; i--) {
          parts.add(part(element));
        }
      }
      Collections.shuffle(parts, random);
      return parts.size() == 1 && random.nextBoolean()
          ? parts.get(0)
          : "[" + String.join(",", parts) + "]";
    }
    return whole.toString();
  }
}
