package io.mistersmith.persistence.core.internal.codec;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Arrays;

/** Compares what the stores format differently. */
public final class JsonDocuments {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private JsonDocuments() {}

  /** Whether both are the same document. False in doubt, as for two spellings of a number. */
  public static boolean areSame(byte[] one, byte[] other) {
    if (Arrays.equals(one, other)) {
      return true;
    }
    try {
      JsonNode first = MAPPER.readTree(one);
      return first != null && first.equals(MAPPER.readTree(other));
    } catch (IOException e) {
      return false;
    }
  }
}
