package io.mistersmith.persistence.core.internal.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * A result as the bucket holds it: a line {@code {"generation": …, "parameters": …, "began": …}}
 * and then the result's own JSON, byte by byte, or nothing where the query found nothing.
 *
 * @param generation the generation that it was loaded under
 * @param parameters the parameters of the query
 * @param began when its loading began, to the millisecond
 * @param result the result's JSON
 */
record KeptResult(String generation, String parameters, Instant began, Optional<byte[]> result) {

  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      bytes.write(
          MAPPER.writeValueAsBytes(
              MAPPER
                  .createObjectNode()
                  .put("generation", generation)
                  .put("parameters", parameters)
                  .put("began", began.toEpochMilli())));
      bytes.write('\n');
      if (result.isPresent()) {
        bytes.write(result.get());
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory takes all that is written", e);
    }
    return bytes.toByteArray();
  }

  /** Nothing where the bytes are no kept result. */
  static Optional<KeptResult> decode(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    if (end == bytes.length) {
      return Optional.empty();
    }
    try {
      JsonNode line = MAPPER.readTree(bytes, 0, end);
      JsonNode generation = line.path("generation");
      JsonNode parameters = line.path("parameters");
      JsonNode began = line.path("began");
      if (!generation.isTextual() || !parameters.isTextual() || !began.isIntegralNumber()) {
        return Optional.empty();
      }
      byte[] result = Arrays.copyOfRange(bytes, end + 1, bytes.length);
      return Optional.of(
          new KeptResult(
              generation.asText(),
              parameters.asText(),
              Instant.ofEpochMilli(began.asLong()),
              result.length == 0 ? Optional.empty() : Optional.of(result)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
