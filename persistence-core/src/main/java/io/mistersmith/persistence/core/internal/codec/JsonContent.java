package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Arrays;

/**
 * Compares JSON documents by what {@code jsonb} keeps of them: neither blanks, nor the order of
 * members, nor how a number is written. Thread-safe.
 */
public final class JsonContent {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNumberLength(200_000).build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonContent() {}

  /** Whether these bytes are one JSON document. */
  public static boolean isJson(byte[] bytes) {
    try {
      return bytes.length > 0 && !MAPPER.readTree(bytes).isMissingNode();
    } catch (IOException | StackOverflowError e) {
      return false;
    }
  }

  /**
   * Returns whether two documents have the same content. A text that is not JSON equals only the
   * same bytes.
   */
  public static boolean isSame(byte[] one, byte[] other) {
    if (Arrays.equals(one, other)) {
      return true;
    }
    try {
      return MAPPER.readTree(one).equals(JsonContent::order, MAPPER.readTree(other));
    } catch (IOException | StackOverflowError e) {
      return false;
    }
  }

  /** 0 for what is the same; {@code equals} asks for no more of a comparator. */
  private static int order(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return one.decimalValue().compareTo(other.decimalValue());
    }
    return one.equals(other) ? 0 : 1;
  }
}
